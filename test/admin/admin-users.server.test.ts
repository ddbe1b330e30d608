import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createKeycloakProxy, isTokenRequest, type KeycloakProxy } from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { metricValue } from '../support/service/metrics.ts';
import { expectProblem } from '../support/service/problem.ts';
import { startReplica } from '../support/service/replica.ts';
import type { RunningService } from '../support/service/running-service.ts';

const KEY = 'sk-0123456789abcdef';

describe('an administrator over Keycloak, with two replicas', () => {
  let proxy: KeycloakProxy;
  let a: KeycloakService;
  let b: RunningService;
  let admin: ApiClient;
  beforeAll(async () => {
    proxy = await createKeycloakProxy(inject('keycloak').url);
    a = await startKeycloakService({ keycloakUrl: proxy.url });
    b = await startReplica(a);
    admin = await newAdmin();
  });
  afterAll(async () => {
    await b?.stop();
    await a?.stop();
    await proxy?.close();
  });

  /** A client at the first replica, with an access token. */
  async function newAdmin(): Promise<ApiClient> {
    const person = await a.newPerson();
    const [client] = (await a.realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
    const role = (await a.realm.admin('GET', `/clients/${client?.id}/roles/byok-admin`)).body;
    await a.realm.admin('POST', `/users/${person.id}/role-mappings/clients/${client?.id}`, [role]);
    return a.client({ authorization: `Bearer ${await a.accessToken(person)}` });
  }
  /** Someone with a session at the second replica and a key for OpenAI. */
  async function ownerAtB(): Promise<Person & { client: ApiClient }> {
    const person = await a.newPerson();
    const atA = await a.platformClient({ sub: person.id });
    const client = b.client();
    for (const [name, value] of atA.cookies) client.cookies.set(name, value);
    expect((await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).status).toBe(200);
    return { ...person, client };
  }
  const providers = async (client: ApiClient): Promise<string[]> =>
    ((await client.get(`${API}/keys`)).body as { provider: string }[]).map(({ provider }) => provider);

  it('finds a person by a part of the address and by id, and sees which keys they have', async () => {
    const owner = await ownerAtB();
    const expected = {
      items: [{ id: owner.id, email: owner.email, name: 'Ada Lovelace', enabled: true, tier: 'starter', keys: 1 }],
      next_cursor: null,
    };
    for (const query of [owner.email.slice(2, 14), `ada ${owner.email.slice(0, 12)}`, owner.id])
      expect((await admin.get(`${API}/admin/users?query=${query}`)).body).toEqual(expected);
    expect((await admin.get(`${API}/admin/users?query=${owner.email.slice(0, 4)}*`)).body).toMatchObject({ items: [] });
    const keys = await admin.get(`${API}/admin/users/${owner.id}/keys`);
    expect(keys.body).toMatchObject({ user: { email: owner.email }, items: [{ provider: 'openai', state: 'usable' }] });
    for (const id of ['00000000-0000-4000-8000-000000000000', 'count', '..%2Froles'])
      expectProblem(await admin.get(`${API}/admin/users/${id}/keys`), 404, 'user_not_found');
  });

  it('revokes a key: the other replica does not answer with it any more, and it is gone from Keycloak', async () => {
    const owner = await ownerAtB();
    expect(await providers(owner.client)).toEqual(['openai']);
    const reply = await admin.post(`${API}/admin/users/${owner.id}/keys/openai/revoke`);
    expect(reply).toMatchObject({ status: 200, body: { provider: 'openai', removed: true } });
    await vi.waitFor(async () => expect(await providers(owner.client)).toEqual([]), { timeout: 1_500, interval: 20 });
    const { attributes } = await a.realm.getUser(owner.id);
    expect(JSON.stringify(attributes)).not.toContain('byok_openai');
    const known = await a.core.database.db
      .selectFrom('key_projection')
      .selectAll()
      .where('user_id', '=', owner.id)
      .execute();
    expect(known).toEqual([]);
  });

  it('revokes the key of somebody who has left, and leaves them disabled', async () => {
    const owner = await ownerAtB();
    await a.realm.admin('PUT', `/users/${owner.id}`, { ...(await a.realm.getUser(owner.id)), enabled: false });
    const reply = await admin.post(`${API}/admin/users/${owner.id}/keys/openai/revoke`, {});
    expect(reply).toMatchObject({ status: 200, body: { removed: true } });
    expect(await a.realm.getUser(owner.id)).toMatchObject({ enabled: false, email: owner.email, lastName: 'Lovelace' });
    const found = await admin.get(`${API}/admin/users?query=${owner.id}`);
    expect(found.body).toMatchObject({ items: [{ enabled: false, keys: 0 }] });
  });

  it('sees the system: both replicas, Redis, Keycloak and its breaker', async () => {
    const reply = await admin.get(`${API}/admin/overview`);
    expect(reply.body).toMatchObject({
      adoption: { users_total: expect.any(Number) },
      system: { keycloak: 'ok', breaker: 'closed', redis: 'ok', database: 'ok', replicas: 2, directory: 'ok' },
    });
  });

  it('is told that Keycloak is away, which the breaker notices as ever, and still sees the overview', async () => {
    const owner = await ownerAtB();
    proxy.misbehave(() => 'hang');
    try {
      const search = () => admin.get(`${API}/admin/users?query=ada`);
      expectProblem(await search(), 503, 'directory_unavailable');
      await vi.waitFor(() => expect(a.core.breaker?.state()).not.toBe('closed'), 10_000);
      const asked = proxy.seen.filter((seen) => !isTokenRequest(seen)).length;
      expectProblem(await search(), 503, 'directory_unavailable');
      expectProblem(await admin.get(`${API}/admin/users/${owner.id}/keys`), 503, 'directory_unavailable');
      expectProblem(
        await admin.post(`${API}/admin/users/${owner.id}/keys/openai/revoke`),
        503,
        'directory_unavailable',
      );
      // Nobody but the breaker itself has asked Keycloak.
      expect(proxy.seen.filter((seen) => !isTokenRequest(seen)).length - asked).toBeLessThan(6);
      expect(await admin.get(`${API}/admin/overview`)).toMatchObject({
        status: 200,
        body: { system: { keycloak: 'unavailable', database: 'ok' } },
      });
    } finally {
      proxy.behave();
    }
    await vi.waitFor(() => expect(a.core.breaker?.state()).toBe('closed'), 10_000);
    const text = await a.telemetry.metrics.text();
    for (const outcome of ['ok', 'timeout'])
      expect(metricValue(text, 'byok_keycloak_calls_total', { kind: 'search', outcome })).toBeGreaterThan(0);
    const rows = (await admin.get(`${API}/admin/audit?action=admin.revoke&outcome=failed`)).body;
    expect(rows).toMatchObject({ items: [{ subject: owner.id, provider: 'openai', reason: 'directory_unavailable' }] });
  }, 60_000);
});
