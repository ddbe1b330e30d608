import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { anchorOf } from '../../src/audit/audit-chain.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

interface Row {
  readonly seq: number;
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly provider: string | null;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly subject: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly details: object | null;
}
interface Page {
  readonly items: Row[];
  readonly next_cursor: string | null;
}

let fakes: FakeProviders;
let service: RunningService;
beforeAll(async () => {
  fakes = await startFakeProviders();
  service = await startService(providerEnv(fakes));
});
afterAll(async () => {
  await service?.stop();
  await fakes?.close();
});

const KEY = 'sk-good-0123456789abcdef';
const own = async (client: ApiClient, query = ''): Promise<Row[]> =>
  ((await client.get(`${API}/audit?limit=200${query}`)).body as Page).items;
const idOf = async (client: ApiClient): Promise<string> => ((await client.get('/auth/me')).body as { id: string }).id;
const brief = ({ action, outcome, reason, provider, details }: Row) => ({ action, outcome, reason, provider, details });

describe('somebody who was disabled after signing in', () => {
  it('sees neither the whole log nor their own rows any more', async () => {
    const data = await startService({ CACHE_TTL_SECONDS: '1' });
    try {
      const admin = await demoClient(data, 'enterprise');
      expect((await admin.get(`${API}/admin/audit`)).status).toBe(200);
      await data.core.database.db
        .updateTable('embedded_users')
        .set({ enabled: false })
        .where('email', '=', 'enterprise@example.com')
        .execute();
      await vi.waitFor(async () => expect((await admin.get(`${API}/admin/audit`)).status).toBe(403), 5000);
      for (const path of ['audit', 'admin/audit', 'admin/audit?format=csv'])
        expect(await admin.get(`${API}/${path}`)).toMatchObject({ status: 403, body: { code: 'account_disabled' } });
    } finally {
      await data.stop();
    }
  });
});

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

describe('GET /audit', () => {
  let client: ApiClient;
  beforeAll(async () => {
    client = await demoClient(service, 'starter');
    for (let count = 0; count < 5; count++) await client.delete(`${API}/keys/groq`);
    await client.delete(`${API}/keys/cohere`);
  });

  it('gives pages that follow one another', async () => {
    const seen: Row[] = [];
    let cursor = '';
    for (let pages = 1; ; pages++) {
      const { body } = await client.get(`${API}/audit?provider=groq&limit=2${cursor}`);
      const { items, next_cursor } = body as Page;
      seen.push(...items);
      if (next_cursor === null) {
        expect(pages).toBe(3);
        break;
      }
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(await own(client, '&provider=groq'));
    expect(seen).toHaveLength(5);
  });

  it('shows nobody else’s rows', async () => {
    const mine = await idOf(client);
    const stranger = await demoClient(service, 'professional');
    expect((await own(stranger)).length).toBeGreaterThan(0);
    for (const row of await own(stranger)) expect([row.actor.id, row.subject]).not.toContain(mine);
    // Not even when asked for.
    expect(await own(stranger, `&subject=${mine}&actor=${mine}`)).toEqual(await own(stranger));
  });

  it('filters', async () => {
    expect((await own(client, '&action=session.start')).every(({ action }) => action === 'session.start')).toBe(true);
    expect(await own(client, '&action=key.delete&action=session.start')).toEqual(
      (await own(client)).filter(({ action }) => ['key.delete', 'session.start'].includes(action)),
    );
    expect(await own(client, '&action=key.delete&action=key.add')).toHaveLength(6);
    expect(await own(client, '&provider=cohere')).toHaveLength(1);
    expect(await own(client, '&outcome=failed')).toEqual([]);
    expect(await own(client, '&from=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await own(client, '&to=2999-01-01T00:00:00%2B02:00')).toEqual(await own(client));
    expect(await own(client, '&from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59-23:00')).toEqual(await own(client));
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'cursor=%00',
    'cursor=../x',
    'cursor=99999999999',
    'action=everything',
    'action=key.add&action=everything',
    'from=yesterday',
    'format=xml',
    'format=ndjson',
  ])('refuses %s', async (query) => {
    const reply = await client.get(`${API}/audit?${query}`);
    expect(reply).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });

  it('is a CSV file on demand', async () => {
    for (const reply of [
      await client.get(`${API}/audit?format=csv&provider=cohere`),
      await client.get(`${API}/audit?provider=cohere`, { headers: { accept: 'text/csv' } }),
    ]) {
      expect(reply.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="byok-audit.csv"',
        'cache-control': 'no-store',
      });
      const [head, row, end] = reply.text.split('\r\n');
      expect(head).toBe('seq,at,action,outcome,reason,provider,actor_kind,actor,subject,address,request_id,details');
      expect(row).toMatch(
        /^\d+,\d{4}-[\dT:.-]+Z,key\.delete,ok,,cohere,user,[\w-]+,[\w-]+,127\.0\.0\.1,[\w-]+,"\{""removed"":false\}"$/,
      );
      expect(end).toBe('');
    }
  });

  it('does not tell a person which administrator looked, nor from where', async () => {
    const admin = await demoClient(service, 'enterprise');
    await admin.get(`${API}/admin/audit?subject=${await idOf(client)}`);
    const [row] = await own(client, '&action=admin.read');
    expect(row).toMatchObject({ actor: { kind: 'user', id: null }, address: null, subject: await idOf(client) });
  });
});

describe('the administrator’s calls', () => {
  const admin = () => demoClient(service, 'enterprise');
  const CALLS = [
    ['GET', '/admin/audit'],
    ['GET', '/admin/audit?format=csv'],
    ['POST', '/admin/audit/verify'],
  ] as const;

  it.each(CALLS)('%s %s is for administrators only', async (method, path) => {
    expect((await service.client().send(method, `${API}${path}`)).status).toBe(401);
    const reply = await (await demoClient(service, 'professional')).send(method, `${API}${path}`);
    expect(reply).toMatchObject({ status: 403, body: { code: 'admin_required' } });
    expect((await (await admin()).send(method, `${API}${path}`)).status).toBe(200);
  });

  it('show everybody’s rows, by every filter, and are rows themselves', async () => {
    const client = await admin();
    const starter = await idOf(await demoClient(service, 'starter'));
    const ask = async (query: string) =>
      ((await client.get(`${API}/admin/audit?limit=200&${query}`)).body as Page).items;
    const about = await ask(`subject=${starter}`);
    expect(about.length).toBeGreaterThan(0);
    expect(about.every(({ subject }) => subject === starter)).toBe(true);
    expect((await ask(`actor=${starter}`)).every(({ actor }) => actor.id === starter)).toBe(true);
    const [one] = about;
    expect(await ask(`request_id=${one?.request_id}`)).toContainEqual(one);
    expect(new Set((await ask('')).map(({ subject }) => subject)).size).toBeGreaterThan(2);
    const [look] = await ask('action=admin.read');
    expect(look).toMatchObject({ actor: { id: await idOf(client) }, details: { format: 'json', what: 'audit' } });
  });

  it('give everything as a file, and say in a row that it was taken', async () => {
    const client = await admin();
    const lines = (reply: Reply) => reply.text.trimEnd().split(/\r?\n/);
    const ndjson = await client.get(`${API}/admin/audit?format=ndjson&limit=1`);
    expect(ndjson.headers['content-type']).toBe('application/x-ndjson');
    const rows = lines(ndjson).map((line) => JSON.parse(line) as Row);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => rows.length - index));
    expect(rows[0]).toMatchObject({ action: 'audit.export', details: { format: 'ndjson' } });
    const csv = await client.get(`${API}/admin/audit?format=csv`);
    expect(lines(csv)).toHaveLength(rows.length + 2);
  });

  it('check the chain, find what was cut off by anchors, and name the first bad row', async () => {
    const client = await admin();
    const verify = async (body?: object) => (await client.post(`${API}/admin/audit/verify`, body)).body;
    const sound = (await verify()) as { rows: number; head: { seq: number; head: string } };
    expect(sound).toEqual({ ok: true, rows: sound.head.seq, first_bad: null, head: sound.head });
    const { db } = service.core.database;
    const stored = await db
      .selectFrom('audit_log')
      .select(['seq', 'mac'])
      .where('seq', '=', sound.head.seq)
      .executeTakeFirst();
    expect(sound.head).toEqual({ seq: stored?.seq, head: anchorOf(stored ?? { seq: 0, mac: '' }) });
    expect(await verify({ anchors: [sound.head] })).toMatchObject({ ok: true });
    const beyond = { seq: sound.rows + 100, head: sound.head.head };
    expect(await verify({ anchors: [beyond] })).toMatchObject({ ok: false, first_bad: { reason: 'truncated' } });
    const [row] = ((await client.get(`${API}/admin/audit?action=audit.verify&limit=1`)).body as Page).items;
    expect(row).toMatchObject({ outcome: 'failed', reason: 'truncated', details: { rows: expect.any(Number) } });

    await db.updateTable('audit_log').set({ outcome: 'failed' }).where('seq', '=', 3).execute();
    expect(await verify()).toMatchObject({ ok: false, first_bad: { seq: 3, reason: 'edited' } });
    await db.updateTable('audit_log').set({ outcome: 'ok' }).where('seq', '=', 3).execute();
    expect(await verify()).toMatchObject({ ok: true });
    expect((await client.post(`${API}/admin/audit/verify`, { anchors: [{ seq: 1, head: 'x' }] })).status).toBe(422);
  });
});
