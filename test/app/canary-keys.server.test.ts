// Keys through every route and fault: they may turn up at their providers and nowhere else.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sized } from '../support/proof.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { type Canary, createCanaries, findCanaries } from '../support/service/canaries.ts';
import { misplacedRequests } from '../support/service/misplaced-requests.ts';
import { type CanaryService, FAULTS, startCanaryService } from './canary-service.ts';

const COUNT = sized({ sample: 24, proof: 100 });

describe(`${COUNT} canary keys`, () => {
  const canaries = createCanaries(COUNT);
  let world: CanaryService;
  let fakes: CanaryService['fakes'];
  let keycloakProxy: CanaryService['keycloakProxy'];
  let redisProxy: CanaryService['redisProxy'];
  let redis: CanaryService['redis'];
  let service: CanaryService['service'];
  let answers: CanaryService['answers'];
  let recorded: CanaryService['recorded'];
  let clients: CanaryService['clients'];
  let emails: CanaryService['emails'];
  /** The first of them. */
  let client: ApiClient;
  beforeAll(async () => {
    world = await startCanaryService();
    ({ fakes, keycloakProxy, redisProxy, redis, service, answers, recorded, clients, emails } = world);
    [client] = clients as [ApiClient];
  });
  afterAll(() => world?.stop());

  const clientFor = (canary: Canary): ApiClient => clients[canaries.indexOf(canary) % 8] ?? client;
  const endpointFor = (provider: string): { endpoint?: string } =>
    provider === 'custom' ? { endpoint: fakes.httpsUrl('custom') } : {};
  const add = (who: ApiClient, { provider, key }: Canary) =>
    who.post(`${API}/keys/add`, { provider, key, ...endpointFor(provider) });
  const inGroups = async (size: number, action: (canary: Canary) => Promise<unknown>): Promise<void> => {
    for (let first = 0; first < canaries.length; first += size)
      await Promise.all(canaries.slice(first, first + size).map(action));
  };

  it('are stored, replaced, listed, changed, and tested with every fault of a provider', async () => {
    await inGroups(8, async (canary) => {
      const who = clientFor(canary);
      expect((await add(who, canary)).status).toBe(200);
      expect((await who.get(`${API}/keys`)).body).toMatchObject([{ provider: canary.provider, state: 'usable' }]);
      await who.patch(`${API}/keys/${canary.provider}`, { label: 'renamed', key: canary.key });
      const tested = await who.post(`${API}/keys/test/${canary.provider}`);
      const once = await who.post(`${API}/keys/test/${canary.provider}`, {
        key: canary.key,
        ...endpointFor(canary.provider),
      });
      expect([tested.status, once.status]).toEqual([200, 200]);
      await Promise.all([
        who.get(`${API}/stats`),
        who.get(`${API}/providers`),
        who.get('/auth/me'),
        who.get('/auth/sessions'),
      ]);
    });
    // The search can find them: they are where they belong.
    const sent = JSON.stringify(fakes.requests.map(({ headers }) => headers));
    expect(new Set(findCanaries(canaries, sent).map((found) => found.split(' ')[1])).size).toBe(COUNT);
  });

  it('are released to services, in that one answer, and come in the wrong place there too', async () => {
    const program = await service.withRoles('byok-resolve', 'byok-tier', 'byok-usage');
    const careless = recorded(program);
    await inGroups(8, async (canary) => {
      const who = clientFor(canary);
      expect((await add(who, canary)).status).toBe(200);
      const { provider, key } = canary;
      const user = { email: emails.get(who) ?? '' };
      const reply = await program.post('/keys/resolve', { user, provider });
      // The one answer that is not searched; its headers are.
      expect(reply.body).toMatchObject({ api_key: key, source: 'user' });
      answers.push(JSON.stringify(reply.headers));
      const address = `/users/${encodeURIComponent(`${key}@example.com`)}`;
      const event = { user, provider, tokens_used: 1, cost_usd: '1' };
      const wrong = [
        await careless.post('/keys/resolve', { user: { email: key }, provider }),
        await careless.post('/keys/resolve', { user: { email: `${key}@example.com` }, provider: 'huggingface' }),
        await careless.post('/keys/resolve', { user: { id: key }, preferred: key }),
        await careless.post('/keys/resolve', { user, provider, system_fallback: key, [key]: key }),
        await careless.post(`${address}/usage/increment`, { amount: key }),
        await careless.post(`${address}/usage/increment`),
        await careless.get(`/users/${encodeURIComponent(key)}/tier`),
        await careless.send('PUT', `${address}/tier`, { json: { tier: key, status: key } }),
        await careless.post('/usage', {
          events: [
            { ...event, cost_usd: key },
            { ...event, provider: key },
          ],
        }),
        await careless.post('/usage', { events: [{ ...event, provider: key.slice(0, 100) }] }),
        await service.serviceClient(key).post('/keys/resolve', { user, provider }),
        await service.serviceClient(`byok_st_${key}`).post('/keys/resolve', { user, provider }),
      ];
      expect(wrong.filter(({ status }) => status >= 500)).toEqual([]);
    });
  });

  it('come in the wrong place: bodies, fields, types, addresses, queries, headers, cookies, methods', async () => {
    const statuses = new Set<number>();
    await inGroups(10, async (canary) => {
      for (const [method, path, sent] of misplacedRequests(canary, canaries.indexOf(canary))) {
        const { status } = await client.send(method, path, sent);
        statuses.add(status);
        expect({ method, path, sent, status, failed: status >= 500 }).toMatchObject({ failed: false });
      }
      answers.push(await overSocket(`GET /?${canary.secret.replace(/\W/g, '')} HTTP/9.9\r\nX: ${canary.key}\r\n\r\n`));
      answers.push(await overSocket(`${canary.secret.replace(/\W/g, '')} / HTTP/1.1\r\nHost: localhost\r\n\r\n`));
      answers.push(
        await overSocket(`POST ${API}/keys/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n${canary.key}`),
      );
    });
    expect([...statuses].sort()).toEqual([200, 400, 401, 403, 404, 405, 413, 415, 422]);
  });

  it('are under way while Keycloak and Redis fail in every way', async () => {
    const refused = new Set<number>();
    const groups = Math.ceil(COUNT / clients.length);
    // Each group at least once, and each fault.
    for (let round = 0; round < Math.max(groups, FAULTS.length); round++) {
      const fault = FAULTS[round % FAULTS.length] ?? 'cut';
      keycloakProxy.misbehave(({ method, path }) =>
        path.endsWith('/token') || ((round % FAULTS.length) % 2 === 0 && method !== 'PUT') ? 'pass' : fault,
      );
      const first = (round % groups) * clients.length;
      const some = canaries.slice(first, first + clients.length);
      await Promise.all(
        some.map(async (canary) => {
          const who = clientFor(canary);
          const replies = [
            await add(who, canary),
            await who.patch(`${API}/keys/${canary.provider}`, { key: canary.key }),
            await who.post(`${API}/keys/test/${canary.provider}`),
          ];
          for (const { status } of replies) refused.add(status);
        }),
      );
    }
    keycloakProxy.behave();
    await redisProxy.cut();
    await inGroups(10, async (canary) => {
      const cookie = `session_token=${encodeURIComponent(canary.key)}; session=${encodeURIComponent(canary.key)}`;
      refused.add((await client.get(`${API}/keys`, { headers: { cookie } })).status);
      refused.add((await add(client, canary)).status);
    });
    await redisProxy.restore();
    expect(refused).toContain(503);
    expect(refused).not.toContain(500);
  });

  it('appear nowhere in what was logged', () => {
    expect(service.logs.length).toBeGreaterThan(50 * COUNT);
    expect(findCanaries(canaries, service.logs.join(''))).toEqual([]);
  });

  it('appear nowhere in what was answered, headers included', () => {
    expect(answers.length).toBeGreaterThan(60 * COUNT);
    expect(findCanaries(canaries, answers.join('\n'))).toEqual([]);
  });

  it('appear nowhere in Keycloak', async () => {
    const users = (await service.realm.admin('GET', '/users?max=1000&briefRepresentation=false')).body as object[];
    const everything = JSON.stringify([users, (await service.realm.admin('GET', '/events')).body]);
    expect(everything).toMatch(/byok_openai_key":\["gAAAA/);
    expect(findCanaries(canaries, everything)).toEqual([]);
  });

  it('appear nowhere in the database and in Redis', async () => {
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    try {
      const { rows: tables } = await database.query(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
      );
      expect(tables.map(({ name }) => name)).toContain('public.key_check');
      for (const { name } of tables) {
        const { rows } = await database.query(`select row_to_json(t)::text as row from ${name} t`);
        expect(findCanaries(canaries, rows.map(({ row }) => row).join('\n'))).toEqual([]);
      }
    } finally {
      await database.end();
    }
    const keys = await redis.keys('*');
    expect(keys.length).toBeGreaterThan(5);
    const values = await Promise.all(keys.map(async (key) => (await redis.dump(key)) ?? ''));
    expect(findCanaries(canaries, keys.concat(values).join('\n'))).toEqual([]);
  });

  async function overSocket(bytes: string): Promise<string> {
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes, 'latin1');
    return text(socket);
  }
});
