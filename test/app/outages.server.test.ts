import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createKeycloakProxy, isTokenRequest, type KeycloakProxy } from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const KEY = { provider: 'openai', key: 'sk-0123456789abcdef' };
const READS = [`${API}/keys`, `${API}/providers`, `${API}/stats`];

describe('Keycloak stands still', () => {
  let proxy: KeycloakProxy;
  let service: KeycloakService;
  let client: ApiClient;
  beforeAll(async () => {
    proxy = await createKeycloakProxy(inject('keycloak').url);
    service = await startKeycloakService({ keycloakUrl: proxy.url, env: { CACHE_TTL_SECONDS: '2' } });
    client = await service.platformClient({ sub: (await service.newPerson()).id });
    expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
  });
  afterAll(async () => {
    await service?.stop();
    await proxy?.close();
  });
  const readAll = (): Promise<Reply[]> => Promise.all(READS.map((path) => client.get(path)));
  const state = () => service.core.breaker?.state();

  it('lists go on from memory, then stale and marked so; the breaker opens and closes; nothing is restarted', async () => {
    const before = await readAll();
    expect(before.map(({ headers }) => headers['x-byok-stale'])).toEqual([undefined, undefined, undefined]);
    const strangers = await Promise.all(
      Array.from({ length: 4 }, async () => service.platformClient({ sub: (await service.newPerson()).id })),
    );
    proxy.misbehave(() => 'hang');

    const refused = Promise.all(strangers.map((stranger) => stranger.get(`${API}/keys`)));
    await vi.waitFor(() => expect(state()).not.toBe('closed'), { timeout: 5_000 });
    for (const reply of await refused) expectProblem(reply, 503, 'directory_unavailable');
    expect((await client.get('/readyz')).body).toMatchObject({
      status: 'degraded',
      checks: { keycloak: 'unavailable' },
    });
    // Past the time that records are kept for.
    await vi.waitFor(
      async () => expect((await client.get(READS[0] ?? '')).headers['x-byok-stale']).toBe('true'),
      10_000,
    );
    const stale = await readAll();
    expect(stale.map(({ status, body }) => ({ status, body }))).toEqual(
      before.map(({ body }) => ({ status: 200, body })),
    );
    for (const { headers } of stale)
      expect(headers).toMatchObject({ 'x-byok-stale': 'true', age: expect.stringMatching(/^\d+$/) });
    const asked = proxy.seen.filter((seen) => !isTokenRequest(seen)).length;
    const writes = await Promise.all([
      client.post(`${API}/keys/add`, KEY),
      client.delete(`${API}/keys/openai`),
      client.post(`${API}/keys/test/openai`),
      ...strangers.map((stranger) => stranger.get(`${API}/keys`)),
    ]);
    for (const reply of writes) {
      expectProblem(reply, 503, 'directory_unavailable');
      expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    }
    // Nobody but the breaker itself has asked Keycloak.
    expect(proxy.seen.filter((seen) => !isTokenRequest(seen)).length - asked).toBeLessThan(3);

    proxy.behave();
    await vi.waitFor(() => expect(state()).toBe('closed'), { timeout: 10_000 });
    const after = await readAll();
    expect(after.map(({ body }) => body)).toEqual(before.map(({ body }) => body));
    expect(after.map(({ headers }) => headers['x-byok-stale'])).toEqual([undefined, undefined, undefined]);
    expect((await client.delete(`${API}/keys/openai`)).body).toMatchObject({ removed: true });
    expect((await client.get('/readyz')).body).toMatchObject({
      status: 'ready',
      checks: { keycloak: 'ok', redis: 'ok' },
    });
  }, 90_000);

  it.each([
    ['stands still', 'hang'],
    ['is cut off', 'cut'],
    [
      'is hidden behind a proxy’s page',
      { status: 404, body: '<h1>Not found</h1>', headers: { 'content-type': 'text/html' } },
    ],
  ] as const)('is noticed by a service that nobody calls where it %s, and logged once', async (_name, fault) => {
    await vi.waitFor(() => expect(state()).toBe('closed'), { timeout: 10_000 });
    const logged = (text: string) =>
      service.logs
        .join('')
        .split('\n')
        .filter((line) => line.includes(text));
    const before = { away: logged('Keycloak does not answer').length, back: logged('Keycloak answers again').length };
    proxy.misbehave(() => fault);
    await vi.waitFor(
      async () =>
        expect((await client.get('/readyz')).body).toMatchObject({
          status: 'degraded',
          checks: { keycloak: 'unavailable' },
        }),
      { timeout: 20_000 },
    );
    const probes = proxy.seen.length;
    await vi.waitFor(() => expect(proxy.seen.length).toBeGreaterThan(probes + 1), { timeout: 20_000 });
    proxy.behave();
    await vi.waitFor(() => expect(state()).toBe('closed'), { timeout: 10_000 });
    expect(logged('Keycloak does not answer').slice(before.away)).toMatchObject([
      expect.stringContaining('"reason":"Keycloak '),
    ]);
    expect(logged('Keycloak answers again').slice(before.back)).toMatchObject([expect.stringContaining('"seconds":')]);
  });
});
