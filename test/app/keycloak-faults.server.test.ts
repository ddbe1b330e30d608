import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  createKeycloakProxy,
  type Fault,
  isTokenRequest,
  type KeycloakProxy,
} from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const KEY = { provider: 'openai', key: 'sk-0123456789abcdef' };
const READS = ['/auth/me', `${API}/keys`, `${API}/stats`, `${API}/providers`];
const HTML = { 'content-type': 'text/html' };
const FAULTS: Readonly<Record<string, Fault | 'down'>> = {
  'is down': 'down',
  'is slow': 'hang',
  'breaks connections off': 'cut',
  'answers 500': { status: 500, body: '{"error":"unknown_error"}' },
  'answers 502 as a proxy does': { status: 502, body: '<h1>Bad gateway</h1>', headers: HTML },
  'answers 401': { status: 401, body: '{"error":"HTTP 401 Unauthorized"}' },
  'answers 403': { status: 403, body: '{"error":"HTTP 403 Forbidden"}' },
  'answers 404 as a proxy does': { status: 404, body: '<h1>Not found</h1>', headers: HTML },
  'answers 409': { status: 409, body: '{"errorMessage":"User exists with same username"}' },
  'answers 429': { status: 429, body: 'slow down' },
  'answers with a page': { status: 200, body: '<h1>Welcome</h1>', headers: HTML },
  'answers with JSON of another kind': {
    status: 200,
    body: '[7, {"id": null}]',
    headers: { 'content-type': 'application/json' },
  },
};

describe('Keycloak behind the service', () => {
  let proxy: KeycloakProxy;
  let service: KeycloakService;
  let known: Person;
  let client: ApiClient;
  beforeAll(async () => {
    proxy = await createKeycloakProxy(inject('keycloak').url);
    service = await startKeycloakService({ keycloakUrl: proxy.url, env: { KEYCLOAK_TIMEOUT_SECONDS: '2' } });
    known = await service.newPerson();
    client = await service.platformClient({ sub: known.id });
    expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
  });
  afterAll(async () => {
    await service?.stop();
    await proxy?.close();
  });
  afterEach(() => proxy.behave());

  const fail = async (fault: Fault | 'down', tokensToo: boolean): Promise<void> => {
    if (fault === 'down') await proxy.stop();
    else proxy.misbehave((seen) => (!tokensToo && isTokenRequest(seen) ? 'pass' : fault));
  };
  const mend = async (fault: Fault | 'down'): Promise<void> => {
    if (fault === 'down') await proxy.start();
    proxy.behave();
  };
  const readAll = (who: ApiClient): Promise<Reply[]> => Promise.all(READS.map((path) => who.get(path)));
  const strangers = async (): Promise<ApiClient[]> => {
    const [one, other] = [await service.newPerson(), await service.newPerson()];
    return [await service.platformClient({ sub: one.id }), await service.platformClient({ email: other.email })];
  };

  async function degradesAndRecovers(fault: Fault | 'down', tokensToo: boolean): Promise<void> {
    const before = (await readAll(client)).map(({ body }) => body);
    const unknown = await strangers();
    await fail(fault, tokensToo);

    const cached = await readAll(client);
    expect(cached.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(cached.map(({ body }) => body)).toEqual(before);
    const refused = await Promise.all([
      ...unknown.map((who) => who.get(`${API}/keys`)),
      ...unknown.map((who) => who.post(`${API}/keys/add`, KEY)),
      client.post(`${API}/keys/add`, { ...KEY, provider: 'groq' }),
      client.delete(`${API}/keys/openai`),
      client.patch(`${API}/keys/openai`, { label: 'x' }),
    ]);
    for (const reply of refused) expectProblem(reply, 503, 'directory_unavailable');

    await mend(fault);
    // Refused credentials are not tried again for some seconds.
    await vi.waitFor(async () => expect((await unknown[0]?.get(`${API}/keys`))?.body).toEqual([]), 15_000);
    for (const who of unknown) expect((await who.get(`${API}/keys`)).body).toEqual([]);
    expect((await readAll(client)).map(({ body }) => body)).toEqual(before);
    expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
  }

  it.each(Object.entries(FAULTS))(
    'that %s: answers from the cache, else 503, never 404 or 500, and recovers by itself',
    (_name, fault) => degradesAndRecovers(fault, false),
  );

  it.each(['answers 500', 'answers 401', 'answers with a page'])(
    'that %s when asked for a token as well: the same',
    (name) => degradesAndRecovers(FAULTS[name] ?? 'down', true),
  );

  it('that revokes the token in between is asked once more with a new one, and nobody notices', async () => {
    const [stranger] = await strangers();
    let refusals = 0;
    proxy.misbehave((seen) => {
      if (isTokenRequest(seen) || refusals > 0) return 'pass';
      refusals += 1;
      return { status: 401, body: '{"error":"HTTP 401 Unauthorized"}' };
    });
    expect((await stranger?.get(`${API}/keys`))?.status).toBe(200);
    expect(refusals).toBe(1);
  });

  it('that fails while a change is written: 503, and then either the old or the new, whole', async () => {
    proxy.misbehave((seen) => (seen.method === 'PUT' ? { status: 500 } : 'pass'));
    expectProblem(await client.post(`${API}/keys/add`, { ...KEY, label: 'new' }), 503, 'directory_unavailable');
    proxy.behave();
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ label: 'OpenAI Key', state: 'usable' }]);
  });

  it('says nothing of Keycloak’s own words to the person', async () => {
    const [stranger] = await strangers();
    proxy.misbehave(() => ({ status: 500, body: '{"error":"a very inner secret"}' }));
    const reply = await stranger?.get(`${API}/keys`);
    expect(reply?.text).not.toMatch(/inner secret|127\.0\.0\.1|test-/);
    expect(reply?.detail).toBe(
      'The user directory cannot be reached right now. Nothing is known to be lost; try again shortly.',
    );
  });
});

describe('a service that starts while Keycloak is out of reach', () => {
  it('is not ready, takes no writes and knows nobody, until Keycloak is there', async () => {
    const proxy = await createKeycloakProxy(inject('keycloak').url);
    await proxy.stop();
    const service = await startKeycloakService({ keycloakUrl: proxy.url, env: { KEYCLOAK_TIMEOUT_SECONDS: '1' } });
    try {
      const { id } = await service.newPerson();
      const client = await service.platformClient({ sub: id });
      expect((await client.get('/healthz')).status).toBe(200);
      const ready = await client.get('/readyz');
      expect(ready).toMatchObject({
        status: 503,
        body: { status: 'not_ready', checks: { directory: 'waiting', database: 'ok' } },
      });
      expect(ready.headers['retry-after']).toMatch(/^\d+$/);
      for (const path of READS) expectProblem(await client.get(path), 503, 'directory_unavailable');
      expectProblem(await client.post(`${API}/keys/add`, KEY), 503, 'not_ready');
      expectProblem(await client.patch(`${API}/keys/openai`, { label: 'x' }), 503, 'not_ready');
      expectProblem(await client.delete(`${API}/keys/openai`), 503, 'not_ready');
      expectProblem(await client.post(`${API}/keys/test/openai`), 503, 'not_ready');
      await proxy.start();
      await vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), 20_000);
      expect((await client.get(`${API}/keys`)).body).toEqual([]);
      expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
    } finally {
      await service.stop();
      await proxy.close();
    }
  });
});
