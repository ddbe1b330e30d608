// Which rows come of what people do with keys and sessions.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { idOf, own, type Row } from './audit-page.ts';

let fakes: FakeProviders;
let service: RunningService;
beforeAll(async () => {
  fakes = await startFakeProviders();
  service = await startService({ ...providerEnv(fakes), CACHE_TTL_SECONDS: '1' });
});
afterAll(async () => {
  await service?.stop();
  await fakes?.close();
});

const KEY = 'sk-good-0123456789abcdef';
const brief = ({ action, outcome, reason, provider, details }: Row) => ({ action, outcome, reason, provider, details });

describe('what happens to keys and sessions', () => {
  it('is one row each, for the person to read: what, by whom, from where, and never a key', async () => {
    const client = await demoClient(service, 'professional');
    const id = await idOf(client);
    const add = await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY, label: 'Mine' });
    await client.post(`${API}/keys/add`, { provider: 'openai', key: `${KEY}2` });
    await client.patch(`${API}/keys/openai`, { label: 'Other', enabled: false });
    await client.post(`${API}/keys/test/openai`);
    await client.post(`${API}/keys/test/groq`, { key: 'gsk_bad-0123456789abcdef' });
    await client.delete(`${API}/keys/openai`);
    await client.delete(`${API}/keys/openai`);
    for (const path of ['keys', 'stats', 'providers', 'audit']) await client.get(`${API}/${path}`);
    const rows = await own(client);
    expect(rows.map(brief).reverse()).toEqual([
      { action: 'session.start', outcome: 'ok', reason: null, provider: null, details: { via: 'demo' } },
      { action: 'key.add', outcome: 'ok', reason: null, provider: 'openai', details: null },
      { action: 'key.replace', outcome: 'ok', reason: null, provider: 'openai', details: null },
      {
        action: 'key.change',
        outcome: 'ok',
        reason: null,
        provider: 'openai',
        details: { label: true, enabled: false },
      },
      {
        action: 'key.test',
        outcome: 'ok',
        reason: null,
        provider: 'openai',
        details: { status: 'valid', stored: true },
      },
      {
        action: 'key.test',
        outcome: 'failed',
        reason: expect.any(String),
        provider: 'groq',
        details: { status: 'invalid', stored: false },
      },
      { action: 'key.delete', outcome: 'ok', reason: null, provider: 'openai', details: { removed: true } },
      { action: 'key.delete', outcome: 'ok', reason: null, provider: 'openai', details: { removed: false } },
    ]);
    for (const row of rows)
      expect(row).toMatchObject({ actor: { kind: 'user', id }, subject: id, address: '127.0.0.1' });
    expect(rows.map(({ request_id }) => request_id)).toContain(add.headers['x-request-id']);
    expect(JSON.stringify(rows)).not.toMatch(/0123456789|Mine|Other/);
  });

  it('is there for refusals too, with their code; what is malformed and anonymous is not', async () => {
    const client = await demoClient(service, 'trial');
    await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY });
    await client.post(`${API}/keys/test/openai`);
    await client.send('DELETE', `${API}/keys/groq`, { headers: { 'sec-fetch-site': 'cross-site' } });
    await client.delete('/auth/sessions/nothing');
    await client.get(`${API}/admin/audit`);
    const before = await own(client);
    expect(before.map(brief).reverse().slice(1)).toEqual([
      { action: 'key.add', outcome: 'refused', reason: 'tier_required', provider: 'openai', details: null },
      { action: 'key.test', outcome: 'refused', reason: 'key_not_found', provider: 'openai', details: null },
      { action: 'key.delete', outcome: 'refused', reason: 'cross_site_request', provider: 'groq', details: null },
      { action: 'session.end', outcome: 'refused', reason: 'session_not_found', provider: null, details: null },
      { action: 'admin.read', outcome: 'refused', reason: 'admin_required', provider: null, details: null },
    ]);
    await client.post(`${API}/keys/add`, { provider: 'openai' });
    await client.post(`${API}/keys/add`, { provider: 'nobody', key: KEY });
    await service.client().post(`${API}/keys/add`, { provider: 'openai', key: KEY });
    expect(await own(client)).toEqual(before);
  });

  it('is there for every end of a session', async () => {
    const first = await demoClient(service, 'starter');
    const id = await idOf(first);
    // The same browser signs in again.
    await first.post('/auth/demo', { email: 'starter@example.com' });
    const other = await demoClient(service, 'starter');
    const { items } = (await other.get('/auth/sessions')).body as { items: { id: string; current: boolean }[] };
    await other.delete(`/auth/sessions/${items.find(({ current }) => !current)?.id}`);
    await other.post('/auth/logout');
    const last = await demoClient(service, 'starter');
    await last.delete('/auth/sessions');
    const again = await demoClient(service, 'starter');
    const ends = (await own(again)).filter(({ action }) => action === 'session.end');
    expect(ends.map(({ details }) => details).reverse()).toEqual([
      { how: 'replaced' },
      { how: 'one', ended: 1 },
      { how: 'sign_out' },
      { how: 'all', ended: 1 },
    ]);
    for (const row of ends) expect(row).toMatchObject({ outcome: 'ok', subject: id, actor: { kind: 'user', id } });
  });
});

// The last one: the administrator stays disabled.
describe('somebody who was disabled after signing in', () => {
  it('sees neither the whole log nor their own rows any more', async () => {
    const admin = await demoClient(service, 'enterprise');
    expect((await admin.get(`${API}/admin/audit`)).status).toBe(200);
    await service.core.database.db
      .updateTable('embedded_users')
      .set({ enabled: false })
      .where('email', '=', 'enterprise@example.com')
      .execute();
    await vi.waitFor(async () => expect((await admin.get(`${API}/admin/audit`)).status).toBe(403), 5000);
    for (const path of ['audit', 'admin/audit', 'admin/audit?format=csv'])
      expect(await admin.get(`${API}/${path}`)).toMatchObject({ status: 403, body: { code: 'account_disabled' } });
  });
});
