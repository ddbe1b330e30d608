// Keycloak that answers, and refuses this service whatever it asks for: that does not pass by itself.
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  createKeycloakProxy,
  type Fault,
  isTokenRequest,
  type KeycloakProxy,
} from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const KEY = { provider: 'openai', key: 'sk-0123456789abcdef' };

describe('Keycloak that refuses the service itself', () => {
  let proxy: KeycloakProxy;
  let service: KeycloakService;
  let client: ApiClient;
  let known: Person;
  beforeAll(async () => {
    proxy = await createKeycloakProxy(inject('keycloak').url);
    service = await startKeycloakService({ keycloakUrl: proxy.url, env: { CACHE_TTL_SECONDS: '1' } });
    await service.realm.admin('PUT', '', { accessTokenLifespan: 5 });
    known = await service.newPerson();
    client = await service.platformClient({ sub: known.id });
    expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
  });
  afterAll(async () => {
    await service?.stop();
    await proxy?.close();
  });
  const readyz = async () => (await client.get('/readyz')).body;
  const setSecret = async (secret: string): Promise<void> => {
    const [held] = (await service.realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
    await service.realm.admin('PUT', `/clients/${held?.id}`, { ...held, secret });
  };
  /** The token that the service still holds runs out. */
  const endToken = (): void => {
    let left = 1;
    proxy.misbehave((seen) =>
      isTokenRequest(seen) || left-- <= 0 ? 'pass' : { status: 401, body: '{"error":"HTTP 401 Unauthorized"}' },
    );
  };
  const oauth = (status: number, error: string): Fault => ({
    status,
    body: JSON.stringify({ error, error_description: 'WAF' }),
    headers: { 'content-type': 'application/json' },
  });
  /** The account of the service keeps no role of realm-management, or has them again. */
  const setRoles = async (has: boolean): Promise<void> => {
    const { admin } = service.realm;
    const idOf = async (clientId: string) =>
      ((await admin('GET', `/clients?clientId=${clientId}`)).body as { id: string }[])[0]?.id;
    const account = (await admin('GET', `/clients/${await idOf(CLIENT.clientId)}/service-account-user`)).body as {
      id: string;
    };
    const path = `/users/${account.id}/role-mappings/clients/${await idOf('realm-management')}`;
    if (has) return void (await admin('POST', path, roles));
    roles = (await admin('GET', path)).body as { id: string }[];
    await admin('DELETE', path, roles);
  };
  let roles: { id: string }[] = [];
  type Case = readonly [name: string, word: string, says: string, begin: () => unknown, end: () => unknown];
  const SECRET = ['credentials_refused', 'KEYCLOAK_CLIENT_SECRET'] as const;
  const CASES: readonly Case[] = [
    ['another secret', ...SECRET, () => setSecret('rotated').then(endToken), () => setSecret(CLIENT.clientSecret)],
    [
      'a gateway’s invalid_request',
      ...SECRET,
      () => proxy.misbehave(() => oauth(400, 'invalid_request')),
      () => proxy.behave(),
    ],
    [
      'a gateway’s access_denied',
      ...SECRET,
      () => proxy.misbehave(() => oauth(401, 'access_denied')),
      () => proxy.behave(),
    ],
    [
      'an account without roles',
      'not_permitted',
      'byok keycloak setup',
      () => setRoles(false).then(endToken),
      () => setRoles(true).then(endToken),
    ],
  ];

  it.each(CASES)(
    'for %s is an outage with that word, told once, and answered as one that lasts',
    async (_, word, says, begin, end) => {
      const from = service.logs.length;
      const said = (words: string): string[] => service.logs.slice(from).filter((line) => line.includes(words));
      await begin();
      await vi.waitFor(
        async () =>
          expect(await readyz()).toMatchObject({
            status: 'degraded',
            checks: { keycloak: 'unavailable' },
            reasons: { keycloak: word },
          }),
        60_000,
      );
      const stranger = await service.platformClient({ sub: (await service.newPerson()).id });
      for (const reply of [
        await stranger.get(`${API}/keys`),
        await stranger.post(`${API}/keys/add`, KEY),
        await client.post(`${API}/keys/add`, KEY),
        await (await service.platformClient({ email: 'nobody@example.com' })).get('/auth/me'),
      ]) {
        expectProblem(reply, 503, 'directory_misconfigured');
        expect(reply.headers['retry-after']).toBe('60');
        expect(reply.detail).not.toMatch(/shortly/);
      }
      // What is remembered still answers, as in any other outage.
      await vi.waitFor(
        async () => expect((await client.get(`${API}/keys`)).headers['x-byok-stale']).toBe('true'),
        10_000,
      );
      expect(said(`"fault":"${word}"`)).toEqual([expect.stringContaining(says)]);
      expect(said(`"fault":"${word}"`)[0]).toContain('"level":"error"');

      await end();
      await vi.waitFor(async () => expect(await readyz()).toMatchObject({ status: 'ready' }), 15_000);
      expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
      expect(said('Keycloak no longer refuses this service')).toHaveLength(1);
      expect(said(`"fault":"${word}"`)).toHaveLength(1);
      expect(service.logs.join('')).not.toContain(CLIENT.clientSecret);
    },
    90_000,
  );
});

it('the start says so where Keycloak calls itself otherwise than people are sent to', async () => {
  const service = await startKeycloakService({ env: { KEYCLOAK_PUBLIC_URL: 'http://localhost:9' } });
  try {
    await vi.waitFor(() => {
      const line = service.logs.find((one) => one.includes('nobody can sign in')) ?? '';
      expect(line).toContain('KEYCLOAK_PUBLIC_URL makes it http://localhost:9/realms/');
      expect(line).toContain('KC_HOSTNAME');
    });
  } finally {
    await service.stop();
  }
});
