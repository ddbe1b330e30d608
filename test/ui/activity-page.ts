// The activity as its tests see it: of a person with a history, some of it made by services and administrators.
import type { Locator } from 'playwright-core';
import { API } from '../support/service/api-client.ts';
import { fillPageWorld, type PageWorld } from '../support/service/page-world.ts';
import { demoClient } from '../support/service/running-service.ts';
import { type PageTest, pageTest } from './page-test.ts';

export const AUDIT = /\/api\/v1\/byok\/audit(?:\?|$)/;

interface ActivityPage extends PageTest {
  list(): Locator;
  rows(): Locator;
}

export function activityPage(): ActivityPage {
  const test = pageTest({ prepare: makeHistory, opens: { tier: 'professional', path: '/activity' } });
  const list = (): Locator => test.page().getByRole('region', { name: 'Activity', exact: true });
  return { ...test, list, rows: () => list().getByRole('listitem') };
}

async function makeHistory(world: PageWorld): Promise<void> {
  await fillPageWorld(world);
  const person = await demoClient(world.service, 'professional');
  await person.delete('/auth/sessions/nothing');
  const admin = await demoClient(world.service, 'enterprise');
  const { id } = (await person.get('/auth/me')).body as { id: string };
  await admin.post(`${API}/admin/users/${id}/keys/groq/revoke`, {});
}
