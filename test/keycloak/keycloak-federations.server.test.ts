// People who come from an LDAP: in which modes of the federation keys can be stored, and what is said in the others.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createKeycloakAdmin } from '../../src/keycloak/keycloak-admin.ts';
import { checkFederations } from '../../src/keycloak/keycloak-federations.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT, createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { type LdapServer, startLdap } from '../support/servers/ldap-server.ts';
import { API } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const keycloak = inject('keycloak');
const KEY = { provider: 'groq', key: 'gsk_0123456789abcdef0123456789abcdef' };
/** Edit mode and whether users are imported. `does` says what keeps their people from storing keys. */
const MODES = [
  { editMode: 'READ_ONLY', importEnabled: true, does: /is READ_ONLY/ },
  { editMode: 'READ_ONLY', importEnabled: false, does: /imports nobody/ },
  { editMode: 'WRITABLE', importEnabled: false, does: /imports nobody/ },
  { editMode: 'WRITABLE', importEnabled: true, does: undefined },
  { editMode: 'UNSYNCED', importEnabled: true, does: undefined },
] as const;

describe('people of a user federation', () => {
  let ldap: LdapServer;
  beforeAll(async () => {
    ldap = await startLdap({ ada: 'ada@example.com', grace: 'grace@example.com' });
  });
  afterAll(() => ldap?.[Symbol.asyncDispose]());

  async function federate(realm: TestRealm, mode: { editMode: string; importEnabled: boolean }): Promise<string> {
    const { id } = (await realm.admin('GET', '')).body as { id: string };
    const config = { ...ldap.config, editMode: [mode.editMode], importEnabled: [String(mode.importEnabled)] };
    const component = { name: 'people', providerId: 'ldap', providerType: 'org.keycloak.storage.UserStorageProvider' };
    await realm.admin('POST', '/components', { ...component, parentId: id, config });
    const [ada] = (await realm.admin('GET', '/users?username=ada&exact=true')).body as { id: string }[];
    return ada?.id ?? '';
  }

  const adminOf = (realm: TestRealm, way: 'service' | 'password') =>
    createKeycloakAdmin({
      ...CLIENT,
      ...(way === 'password' && { clientSecret: undefined }),
      url: keycloak.url,
      realm: realm.name,
      admin: way === 'password' ? { username: keycloak.adminUsername, password: keycloak.adminPassword } : undefined,
      caFile: undefined,
      timeoutMs: 20_000,
    });

  it.each(MODES)('with $editMode, imported: $importEnabled', async ({ does, ...mode }) => {
    const realm = await createReadyRealm(keycloak);
    const id = await federate(realm, mode);
    const warnings: string[] = [];
    await using directory = Object.assign(
      openDirectory(keycloak.url, realm.name, { onWarning: (text) => warnings.push(text) }),
      {
        [Symbol.asyncDispose]: () => directory.close(),
      },
    );
    await directory.check();
    const expected = does === undefined ? [] : [expect.stringMatching(does)];
    expect(warnings).toEqual(expected);
    for (const warning of warnings) expect(warning).toContain('UNSYNCED');
    for (const way of ['service', 'password'] as const) {
      const admin = adminOf(realm, way);
      expect(
        (await checkFederations(admin)).map(({ message }) => message),
        way,
      ).toEqual(expected);
      await admin.close();
    }

    using section = await directory.openSection(id);
    const written = section?.write(new Map([['byok_groq_key', 'one']]));
    if (does === undefined) {
      expect((await written)?.attributes.byok_groq_key).toEqual(['one']);
      expect((await directory.findByEmail('ada@example.com'))?.attributes.byok_groq_key).toEqual(['one']);
      expect((await section?.write(new Map([['byok_groq_key', null]])))?.attributes.byok_groq_key).toBeUndefined();
    } else {
      await expect(written).rejects.toMatchObject({
        code: 'account_read_only',
        status: 403,
        retryAfter: undefined,
        detail: expect.stringContaining('UNSYNCED'),
      });
      expect((await directory.findById(id))?.attributes.byok_groq_key).toBeUndefined();
    }
  });

  describe('as the service tells them', () => {
    let service: KeycloakService;
    beforeAll(async () => {
      service = await startKeycloakService({ env: { BYOK_REQUIRE_VERIFIED_EMAIL: 'false' } });
    });
    afterAll(() => service?.stop());

    it('is refused for good in a read-only federation, and works once that is UNSYNCED', async () => {
      const { realm } = service;
      const id = await federate(realm, { editMode: 'READ_ONLY', importEnabled: true });
      const { username, email } = await realm.getUser(id);
      expect([username, email]).toEqual(['ada', 'ada@example.com']);
      const resolver = await service.withRoles('byok-resolve', 'byok-tier');
      const client = await service.platformClient({ sub: id });
      const starter = () => resolver.send('PUT', '/users/ada%40example.com/tier', { json: { tier: 'starter' } });
      const tier = await starter();
      expectProblem(tier, 403, 'account_read_only');
      expect(tier.headers['retry-after']).toBeUndefined();

      const [component] = (await realm.admin('GET', '/components?type=org.keycloak.storage.UserStorageProvider'))
        .body as { id: string; config: object }[];
      const config = { ...component?.config, editMode: ['UNSYNCED'], bindCredential: ['secret'] };
      await realm.admin('PUT', `/components/${component?.id}`, { ...component, config });
      expect((await starter()).status).toBe(200);
      expect((await client.post(`${API}/keys/add`, KEY)).status).toBe(200);
      expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'groq' }]);
      const resolved = await resolver.post('/keys/resolve', { user: { email: 'ada@example.com' }, provider: 'groq' });
      expect(resolved.body).toMatchObject({ api_key: KEY.key, is_byok: true });
      expect((await client.delete(`${API}/keys/groq`)).body).toMatchObject({ removed: true });
      expect((await client.get(`${API}/keys`)).body).toEqual([]);
    });

    it('is refused for good where two accounts have one address, and the rest of a batch is taken', async () => {
      const { realm } = service;
      const full = (await realm.admin('GET', '')).body;
      await realm.admin('PUT', '', { ...(full as object), loginWithEmailAllowed: false, duplicateEmailsAllowed: true });
      const email = 'twice@example.com';
      for (const username of ['one', 'two']) await realm.admin('POST', '/users', { username, email, enabled: true });
      const caller = await service.withRoles('byok-resolve', 'byok-tier', 'byok-usage');
      const release = await caller.post('/keys/resolve', { user: { email }, provider: 'groq' });
      expectProblem(release, 404, 'key_not_released');
      expect(release.body).toMatchObject({ reason: 'email_ambiguous' });
      const refusals = [
        await caller.get(`/users/${encodeURIComponent(email)}/tier`),
        await caller.post(`/users/${encodeURIComponent(email)}/usage/increment`, {}),
        await (await service.platformClient({ email })).get(`${API}/keys`),
      ];
      for (const reply of refusals) {
        expectProblem(reply, 409, 'email_ambiguous');
        expect(reply.headers['retry-after']).toBeUndefined();
      }
      const { id } = await service.newPerson();
      const event = { provider: 'groq', tokens_used: 1, cost_usd: '0.1' };
      const events = [
        { ...event, user: { email } },
        { ...event, user: { id } },
      ];
      expect((await caller.post('/usage', { events })).body).toMatchObject({
        recorded: 1,
        results: [{ status: 'rejected', reason: 'email_ambiguous' }, { status: 'recorded' }],
      });
    });
  });
});
