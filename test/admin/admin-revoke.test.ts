// What an administrator takes from somebody, and who may.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService } from '../support/service/running-service.ts';
import { type Administration, type Row, startAdministration } from './administration.ts';

let service: RunningService;
let admin: ApiClient;
let find: Administration['find'];
let idOf: Administration['idOf'];
let rows: Administration['rows'];
beforeAll(async () => {
  ({ service, admin, find, idOf, rows } = await startAdministration());
});
afterAll(() => service?.stop());

const brief = ({ outcome, reason, provider, subject, details }: Row) => ({
  outcome,
  reason,
  provider,
  subject,
  details,
});
const setEnabled = (tier: string, enabled: boolean) =>
  service.core.database.db
    .updateTable('embedded_users')
    .set({ enabled })
    .where('email', '=', `${tier}@example.com`)
    .execute();

describe('POST /admin/users/{id}/keys/{provider}/revoke', () => {
  it('removes the key for its owner, who sees that at once, and says when there was none', async () => {
    const owner = await demoClient(service, 'professional');
    const id = await idOf('professional');
    await owner.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    await owner.post(`${API}/keys/add`, { provider: 'groq', key: 'gsk_0123456789abcdef' });
    const revoke = (body?: object) => admin.post(`${API}/admin/users/${id}/keys/openai/revoke`, body);
    const done = { message: 'API key removed successfully', provider: 'openai' };
    expect(await revoke()).toMatchObject({ status: 200, body: { ...done, removed: true } });
    expect(await revoke({})).toMatchObject({ status: 200, body: { ...done, removed: false } });
    expect((await owner.get(`${API}/keys`)).body).toMatchObject([{ provider: 'groq' }]);
    const row = { reason: null, provider: 'openai', subject: id, outcome: 'ok' };
    expect((await rows('admin.revoke')).map(brief).slice(0, 2)).toEqual([
      { ...row, details: { removed: false } },
      { ...row, details: { removed: true } },
    ]);
    const { items } = (await owner.get(`${API}/audit?action=admin.revoke&outcome=ok`)).body as { items: object[] };
    expect(items).toMatchObject([{ actor: { id: null } }, { actor: { id: null } }]);
  });

  it('works for somebody who is disabled', async () => {
    const owner = await demoClient(service, 'professional');
    await owner.post(`${API}/keys/add`, { provider: 'cohere', key: 'key-0123456789abcdef' });
    const id = await idOf('professional');
    await setEnabled('professional', false);
    try {
      expect((await find('professional')).body).toMatchObject({ items: [{ enabled: false }] });
      expect((await admin.get(`${API}/admin/users/${id}/keys`)).body).toMatchObject({ user: { enabled: false } });
      const reply = await admin.post(`${API}/admin/users/${id}/keys/cohere/revoke`);
      expect(reply.body).toMatchObject({ removed: true });
      expect((await find('professional')).body).toMatchObject({ items: [{ enabled: false }] });
    } finally {
      await setEnabled('professional', true);
    }
  });

  it('is a row where it is refused, too', async () => {
    const id = await idOf('trial');
    const before = (await rows('admin.revoke')).length;
    const path = (who: string, provider = 'openai') => `${API}/admin/users/${who}/keys/${provider}/revoke`;
    expectProblem(await admin.post(path('nobody')), 404, 'user_not_found');
    const cross = { headers: { 'sec-fetch-site': 'cross-site' } };
    expectProblem(await admin.send('POST', path(id), cross), 403, 'cross_site_request');
    expectProblem(await admin.post(path(id, 'nothing')), 400, 'invalid_provider');
    const added = (await rows('admin.revoke')).map(brief).slice(0, -before);
    expect(added).toEqual([
      { outcome: 'refused', reason: 'cross_site_request', provider: 'openai', subject: id, details: null },
      { outcome: 'refused', reason: 'user_not_found', provider: 'openai', subject: null, details: null },
    ]);
  });

  // The last one: nobody is enabled afterwards.
  it('is not for an administrator who was disabled after signing in', async () => {
    const id = await idOf('starter');
    const client = await demoClient(service, 'enterprise');
    await service.core.database.db.updateTable('embedded_users').set({ enabled: false }).execute();
    await expect.poll(async () => (await client.get(`${API}/admin/overview`)).status, { timeout: 5000 }).toBe(403);
    for (const path of ['overview', 'users?query=a', `users/${id}/keys`])
      expectProblem(await client.get(`${API}/admin/${path}`), 403, 'account_disabled');
    expectProblem(await client.post(`${API}/admin/users/${id}/keys/groq/revoke`), 403, 'account_disabled');
  });
});
