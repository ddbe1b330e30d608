import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anchorOf } from '../../src/audit/audit-chain.ts';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { idOf, own, type Page, type Row } from './audit-page.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

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
    expect(sound).toEqual({
      ok: true,
      rows: sound.head.seq,
      first_bad: null,
      head: sound.head,
      anchors: { fit: 0, lost: 0, pruned: 0 },
      restores: [],
    });
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
