// What internal services call, over Keycloak and PostgreSQL: on a port of its own, with client-credentials tokens.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { freePort } from '../support/servers/server-process.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { INTERNAL_OPEN, routesOpenToAnyone } from '../support/service/route-walk.ts';
import { startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

const KEY = 'sk-0123456789abcdef';

describe('internal services over Keycloak', () => {
  let service: KeycloakService;
  let person: Person;
  let browser: ApiClient;
  let all: ApiClient;
  beforeAll(async () => {
    service = await startKeycloakService({ env: { INTERNAL_PORT: String(await freePort()) } });
    person = await service.newPerson({ api_calls_limit: ['100'] });
    browser = await service.platformClient({ sub: person.id, email: person.email });
    all = await service.withRoles('byok-resolve', 'byok-usage', 'byok-tier');
    expect((await browser.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).status).toBe(200);
  });
  afterAll(() => service?.stop());

  const ask = (more: object = {}) => ({ user: { email: person.email }, provider: 'openai', ...more });
  const address = (email: string): string => `/users/${encodeURIComponent(email)}`;

  it('get a key by the person’s email or id, and the key’s version', async () => {
    const expected = { api_key: KEY, is_byok: true, source: 'user', version: 1, stale: false };
    expect((await all.post('/keys/resolve', ask())).body).toMatchObject(expected);
    expect((await all.post('/keys/resolve', ask({ user: { id: person.id } }))).body).toMatchObject(expected);
    await browser.post(`${API}/keys/add`, { provider: 'openai', key: `${KEY}-2` });
    expect((await all.post('/keys/resolve', ask())).body).toMatchObject({ api_key: `${KEY}-2`, version: 2 });
  });

  it('may do what their client roles say and nothing else', async () => {
    const calls = {
      'byok-resolve': (client: ApiClient) => client.post('/keys/resolve', ask()),
      'byok-tier': (client: ApiClient) => client.get(`${address(person.email)}/tier`),
      'byok-usage': (client: ApiClient) => client.post(`${address(person.email)}/usage/increment`),
    };
    for (const role of Object.keys(calls)) {
      const client = await service.withRoles(role);
      for (const [needed, call] of Object.entries(calls)) {
        const reply = await call(client);
        if (needed === role) expect({ role, needed, status: reply.status }).toEqual({ role, needed, status: 200 });
        else expectProblem(reply, 403, 'scope_required');
      }
    }
    expectProblem(await (await service.withRoles()).post('/keys/resolve', ask()), 401, 'not_authenticated');
    expectProblem(await (await service.withRoles('byok-admin')).post('/keys/resolve', ask()), 403, 'scope_required');
  });

  it('are not people, nor people services', async () => {
    const token = await service.accessToken(person);
    expect((await service.client({ authorization: `Bearer ${token}` }).get(`${API}/keys`)).status).toBe(200);
    expectProblem(await service.serviceClient(token).post('/keys/resolve', ask()), 401, 'not_authenticated');
    const cookies = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const reply = await service.internalClient({ cookie: cookies }).post(`${API}/internal/keys/resolve`, ask());
    expectProblem(reply, 401, 'not_authenticated');
  });

  it('a walk over every route of their port shows that none answers without credentials', async () => {
    const { internalApp: app, internalClient: client } = service;
    expect(await routesOpenToAnyone({ app, client })).toEqual(INTERNAL_OPEN.toSorted());
  });

  it('set a tier beside keys being added: both are kept', async () => {
    const other = await service.newPerson();
    const theirs = await service.platformClient({ sub: other.id, email: other.email });
    const providers = ['openai', 'anthropic', 'cohere', 'groq'];
    const put = (tier: string) => all.send('PUT', `${address(other.email)}/tier`, { json: { tier, status: 'active' } });
    const replies = await Promise.all([
      ...providers.map((provider) => theirs.post(`${API}/keys/add`, { provider, key: `key-${provider}-0123` })),
      ...['professional', 'starter', 'enterprise'].map(put),
    ]);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect((await theirs.get(`${API}/keys`)).body).toHaveLength(4);
    expect(await service.realm.getUser(other.id)).toMatchObject({
      email: other.email,
      firstName: 'Ada',
      // One of them, whole: they came at the same time.
      attributes: {
        subscription_tier: [expect.stringMatching(/^(professional|starter|enterprise)$/)],
        subscription_status: ['active'],
      },
    });
  });

  it('count from what Keycloak’s attributes say of today, and lose no count of 50 at the same time', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const attributes = { api_calls_used: ['30'], api_calls_reset_date: [today], api_calls_limit: ['100'] };
    const { email } = await service.newPerson(attributes);
    const used = async (): Promise<unknown> => {
      const { body } = await all.get(`${address(email)}/tier`);
      return (body as { api_calls_used?: number }).api_calls_used;
    };
    expect((await all.get(`${address(email)}/tier`)).body).toMatchObject({ api_calls_used: 30, api_calls_limit: 100 });
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => all.post(`${address(email)}/usage/increment`, { amount: 1 })),
    );
    // Where Keycloak or the database is too busy to answer, a call is 503 and may have been counted; no other answer is right.
    const refused = replies.filter(({ status }) => status !== 200);
    for (const reply of refused)
      expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': expect.anything() } });
    const counts = replies.flatMap(({ status, body }) =>
      status === 200 ? [(body as { api_calls_used: number }).api_calls_used] : [],
    );
    expect(new Set(counts).size).toBe(counts.length);
    const total = await vi.waitFor(async () => {
      const now = await used();
      expect(now).toEqual(expect.any(Number));
      return Number(now);
    }, 30_000);
    expect(total).toBeGreaterThanOrEqual(30 + counts.length);
    expect(total).toBeLessThanOrEqual(30 + replies.length);
    expect((await all.post(`${address(email)}/usage/increment`, { amount: 30 })).body).toEqual({
      api_calls_used: total + 30,
      api_calls_limit: 100,
      remaining: Math.max(0, 100 - total - 30),
      api_calls_reset_date: today,
    });
    const old = await service.newPerson({ api_calls_used: ['30'], api_calls_reset_date: ['2020-01-01'] });
    expect((await all.post(`${address(old.email)}/usage/increment`)).body).toMatchObject({ api_calls_used: 1 });
  });

  it('record a batch once, however often it is sent at the same time', async () => {
    const events = [{ id: 'e-1', user: { email: person.email }, provider: 'openai', tokens_used: 5, cost_usd: '0.01' }];
    const send = () => all.send('POST', '/usage', { json: { events }, headers: { 'idempotency-key': 'k' } });
    const replies = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.body).toMatchObject({ recorded: 1, duplicates: 0 });
  });

  it('are told that it cannot be known who they are while the database is away: 503, not 401', async () => {
    const token = await newServiceTokenFor(service, { name: 'while-away' });
    const { db } = service.core.database;
    await db.schema.alterTable('service_tokens').renameTo('service_tokens_away').execute();
    try {
      const reply = await service.serviceClient(token).post('/keys/resolve', ask());
      expectProblem(reply, 503, 'database_unavailable');
      // Who is known from Keycloak is not concerned.
      expect((await all.post('/keys/resolve', ask())).status).toBe(200);
    } finally {
      await db.schema.alterTable('service_tokens_away').renameTo('service_tokens').execute();
    }
    expect((await service.serviceClient(token).post('/keys/resolve', ask())).status).toBe(200);
  });

  it('find nothing on the public port, also where they have no port at all', async () => {
    const portless = await startService({ ...service.env, INTERNAL_PORT: '', PORT: String(await freePort()) });
    try {
      const token = await newServiceTokenFor(service, { name: 'without-a-port' });
      for (const running of [service, portless]) {
        const client = running.client({ authorization: `Bearer ${token}` });
        for (const [method, path] of [
          ['POST', '/keys/resolve'],
          ['GET', `${address(person.email)}/tier`],
          ['PUT', `${address(person.email)}/tier`],
          ['POST', `${address(person.email)}/usage/increment`],
          ['POST', `${address(person.email)}/usage/reset`],
          ['POST', '/usage'],
        ] as const)
          expectProblem(await client.send(method, `${API}/internal${path}`, { json: ask() }), 404, 'route_not_found');
        expect(running.app.registeredRoutes.filter(({ url }) => url.includes('/internal'))).toEqual([]);
      }
      expect(portless.internalApp).toBe(portless.app);
      expect((await service.serviceClient(token).post('/keys/resolve', ask())).status).toBe(200);
    } finally {
      await portless.stop();
    }
  });

  it('get nothing for a disabled person', async () => {
    const gone = await service.newPerson();
    const { attributes, ...user } = await service.realm.getUser(gone.id);
    await service.realm.putUser(gone.id, { ...user, attributes, enabled: false });
    const reply = await all.post('/keys/resolve', ask({ user: { id: gone.id }, system_fallback: true }));
    expectProblem(reply, 404, 'key_not_released');
    expect(reply.body).toMatchObject({ reason: 'user_disabled' });
  });
});
