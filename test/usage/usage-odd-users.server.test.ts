// Ids that nobody has, and an account on which Keycloak fails: neither cuts anybody else off.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createKeycloakProxy, type KeycloakProxy } from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const ODD = [
  ...[
    'f:',
    'f:a',
    'f::',
    'f::x',
    'f: ',
    'f:a/b',
    'f:é',
    '.',
    '..',
    'count',
    'profile',
    'a/b',
    '%00',
    'ü',
    '日本',
    '😀',
  ],
  ...[`f:${randomUUID()}`, `f:${randomUUID()}:`, `f:${randomUUID()}:x`, 'f:x:Jörg Müller', 'x'.repeat(255)],
];

describe('users whom nobody has, named to a service over Keycloak', () => {
  let proxy: KeycloakProxy;
  let service: KeycloakService;
  let person: Person;
  let other: Person;
  let usage: ApiClient;
  beforeAll(async () => {
    proxy = await createKeycloakProxy(inject('keycloak').url);
    service = await startKeycloakService({ keycloakUrl: proxy.url });
    person = await service.newPerson();
    other = await service.newPerson();
    usage = await service.withRoles('byok-usage');
  });
  afterAll(async () => {
    await service?.stop();
    await proxy?.close();
  });
  beforeEach(() => proxy.behave());
  const event = (id: string) => ({ user: { id }, provider: 'openai', tokens_used: 1, cost_usd: '0.1' });
  const record = (...ids: string[]) => usage.post('/usage', { events: ids.map(event) });
  const isWell = async (): Promise<void> => {
    expect(service.core.breaker?.state()).toBe('closed');
    expect((await service.client().get('/readyz')).body).toMatchObject({ status: 'ready' });
  };

  it('rejects their events alone', async () => {
    const reply = await record(...ODD, person.id, ...ODD);
    expect(reply).toMatchObject({ status: 200, body: { recorded: 1, rejected: 2 * ODD.length } });
    for (const result of (reply.body as { results: { status: string; reason: string | null }[] }).results)
      if (result.status === 'rejected') expect(result.reason).toBe('user_not_found');
    await isWell();
  });

  it('takes the other events of a batch where Keycloak fails on one account, and says which one to send again', async () => {
    proxy.misbehave((seen) => (seen.path.includes(other.id) ? { status: 500 } : 'pass'));
    const reply = await record(person.id, other.id, person.id);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        recorded: 2,
        rejected: 1,
        results: [
          { status: 'recorded' },
          { status: 'rejected', reason: 'directory_unavailable' },
          { status: 'recorded' },
        ],
      },
    });
    expectProblem(await record(other.id), 503, 'directory_unavailable');
    await isWell();
    proxy.behave();
    expect((await record(other.id)).body).toMatchObject({ recorded: 1 });
  });

  it('takes none where Keycloak is away: the batch can be sent again as it is', async () => {
    const strangers = [await service.newPerson(), await service.newPerson()];
    proxy.misbehave(() => ({ status: 503 }));
    expectProblem(await record(person.id, ...strangers.map(({ id }) => id)), 503, 'directory_unavailable');
    proxy.behave();
    await expect.poll(() => service.core.breaker?.state()).toBe('closed');
  });

  it('answers "no such user" to resolving, to administrators and to sessions of the platform', async () => {
    const resolve = await service.withRoles('byok-resolve');
    const admin = await service.newPerson();
    await grantAdmin(service, admin);
    const administrator = service.client({ authorization: `Bearer ${await service.accessToken(admin)}` });
    for (const id of ODD) {
      const reply = await resolve.post('/keys/resolve', { user: { id }, provider: 'openai' });
      expectProblem(reply, 404, 'key_not_released');
      expect((await administrator.get(`${API}/admin/users?query=${encodeURIComponent(id)}`)).status, id).toBe(200);
      if (id !== '.' && id !== '..')
        expectProblem(
          await administrator.get(`${API}/admin/users/${encodeURIComponent(id)}/keys`),
          404,
          'user_not_found',
        );
    }
    for (const sub of [...ODD, '\u0000', 'a\u0000', '\ud800', 'x\n'])
      expect((await (await service.platformClient({ sub })).get(`${API}/keys`)).status, sub).toBe(401);
    await isWell();
  });
});

async function grantAdmin({ realm }: KeycloakService, { id }: Person): Promise<void> {
  const [client] = (await realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
  const role = (await realm.admin('GET', `/clients/${client?.id}/roles/byok-admin`)).body;
  await realm.admin('POST', `/users/${id}/role-mappings/clients/${client?.id}`, [role]);
}
