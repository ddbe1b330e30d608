import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { keycloakSetupCommand } from '../../src/cli/keycloak-setup.ts';
import { REALM_ATTRIBUTES } from '../../src/users/realm-attributes.ts';
import { openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import { createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import type { Representation } from '../support/servers/keycloak-admin-api.ts';

const keycloak = inject('keycloak');
const SECRET = /^KEYCLOAK_CLIENT_SECRET=(\S+)$/;

const environment = (realm: string) => ({
  KEYCLOAK_URL: `${keycloak.url}/`,
  KEYCLOAK_REALM: realm,
  KEYCLOAK_ADMIN_USERNAME: keycloak.adminUsername,
  KEYCLOAK_ADMIN_PASSWORD: keycloak.adminPassword,
  KEYCLOAK_TIMEOUT_SECONDS: '30',
  PUBLIC_URL: 'https://ops.example.com',
  BASE_PATH: '/byok',
});

async function setUp(env: Record<string, string>, ...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const command = keycloakSetupCommand({ env, print: (line) => lines.push(line) }).exitOverride();
  await command.parseAsync(args, { from: 'user' });
  return lines;
}

async function findClient(realm: TestRealm, clientId = 'ops-center'): Promise<Representation & { id: string }> {
  const { body } = await realm.admin('GET', `/clients?clientId=${clientId}`);
  const [client] = body as (Representation & { id: string })[];
  if (client === undefined) throw new Error(`no client ${clientId}`);
  return client;
}

/** Everything that set-up may touch, to be compared. */
async function snapshot(realm: TestRealm): Promise<unknown> {
  const { body: clients } = await realm.admin('GET', '/clients');
  const { body: profile } = await realm.admin('GET', '/users/profile');
  const roles = await Promise.all(
    (clients as { id: string; clientId: string }[]).map(async ({ id, clientId }) => [
      clientId,
      (await realm.admin('GET', `/clients/${id}/roles`)).body,
    ]),
  );
  return { clients, profile, roles: Object.fromEntries(roles) };
}

async function serviceAccountRoles(realm: TestRealm, client: string): Promise<string[]> {
  const account = (await realm.admin('GET', `/clients/${client}/service-account-user`)).body as { id: string };
  const management = await findClient(realm, 'realm-management');
  const { body } = await realm.admin('GET', `/users/${account.id}/role-mappings/clients/${management.id}`);
  return (body as { name: string }[]).map(({ name }) => name).sort();
}

const claims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('byok keycloak setup on a fresh realm', () => {
  let realm: TestRealm;
  let fresh: unknown;
  let dry: string[];
  let afterDry: unknown;
  let first: string[];

  beforeAll(async () => {
    realm = await createRealm(keycloak);
    fresh = await snapshot(realm);
    dry = await setUp(environment(realm.name), '--dry-run');
    afterDry = await snapshot(realm);
    first = await setUp(environment(realm.name));
  });
  afterAll(() => realm?.deleteRealm());

  const plan = (lines: string[]): string[] => lines.filter((line) => line.startsWith('+ '));
  const secretIn = (lines: string[]): string => lines.map((line) => SECRET.exec(line)?.[1]).find(Boolean) ?? '';

  it('changes nothing in a dry run, and says what it then does', () => {
    expect(afterDry).toEqual(fresh);
    expect(plan(dry)).toEqual(plan(first));
    expect(dry.join('\n')).not.toMatch(SECRET);
    expect(plan(first)).toHaveLength(15);
    expect(plan(first)).toContainEqual(
      '+ Create the confidential client ops-center, which returns to https://ops.example.com/byok/auth/callback',
    );
  });

  it('has nothing to change on the second run, and prints no secret again', async () => {
    const before = await snapshot(realm);
    const second = await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: secretIn(first) });
    expect(second).toEqual([expect.stringContaining(realm.name), 'Nothing to change.']);
    expect(await snapshot(realm)).toEqual(before);
  });

  it('declares every attribute for administrators only, and leaves the others and the policy alone', async () => {
    const before = (fresh as { profile: { attributes: Representation[] } }).profile;
    const after = (await realm.admin('GET', '/users/profile')).body as typeof before;
    const ours = after.attributes.filter(({ name }) => REALM_ATTRIBUTES.has(String(name)));
    expect(ours).toHaveLength(REALM_ATTRIBUTES.size);
    for (const declared of ours) {
      expect(declared.permissions).toEqual({ view: ['admin'], edit: ['admin'] });
      expect(declared.validations).toEqual({ length: { max: REALM_ATTRIBUTES.get(String(declared.name))?.maxLength } });
    }
    expect(after.attributes.filter((declared) => !ours.includes(declared))).toEqual(before.attributes);
    expect({ ...after, attributes: [], groups: [] }).toEqual({ ...before, attributes: [], groups: [] });
  });

  it('creates a client for sign-in with PKCE, sign-out and a service account, and for nothing else', async () => {
    const client = await findClient(realm);
    expect(client).toMatchObject({
      enabled: true,
      publicClient: false,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: true,
      frontchannelLogout: false,
      redirectUris: ['https://ops.example.com/byok/auth/callback'],
      attributes: {
        'pkce.code.challenge.method': 'S256',
        'post.logout.redirect.uris': 'https://ops.example.com/byok/*',
        'backchannel.logout.url': 'https://ops.example.com/byok/auth/backchannel-logout',
        'backchannel.logout.session.required': 'true',
        'byok.managed': 'true',
      },
    });
    const roles = (await realm.admin('GET', `/clients/${client.id}/roles`)).body as { name: string }[];
    expect(roles.map(({ name }) => name).sort()).toEqual(['byok-admin', 'byok-resolve', 'byok-tier', 'byok-usage']);
    expect(await serviceAccountRoles(realm, client.id)).toEqual(['manage-users', 'query-users', 'view-users']);
  });

  it('prints a secret that works, and the realm is then ready', async () => {
    const directory = openDirectory(keycloak.url, realm.name, { clientSecret: secretIn(first) });
    await expect(directory.check()).resolves.toBeUndefined();
    await directory.close();
  });

  it('puts audience and client roles into access tokens', async () => {
    const client = await findClient(realm);
    const service = await realm.createConfidentialClient();
    const account = (
      await realm.admin('GET', `/clients/${(await findClient(realm, service.clientId)).id}/service-account-user`)
    ).body as { id: string };
    const role = (await realm.admin('GET', `/clients/${client.id}/roles/byok-resolve`)).body;
    await realm.admin('POST', `/users/${account.id}/role-mappings/clients/${client.id}`, [role]);
    const other = claims(await realm.serviceToken(service));
    expect(other).toMatchObject({ resource_access: { 'ops-center': { roles: ['byok-resolve'] } } });
    expect([other.aud].flat()).toContain('ops-center');
    const own = claims(await realm.serviceToken({ clientId: 'ops-center', clientSecret: secretIn(first) }));
    expect([own.aud].flat()).toContain('ops-center');
  });

  it('keeps people from seeing or changing the attributes in the account API', async () => {
    const attributes = { subscription_tier: ['free'], byok_groq_key: ['ciphertext'] };
    const email = 'eve@example.com';
    const id = await realm.createUser({ email, password: 'a-password', attributes });
    const token = await realm.userToken(email, 'a-password');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const read = await fetch(`${realm.url}/account?userProfileMetadata=true`, { headers });
    const seen = await read.text();
    expect(read.status).toBe(200);
    expect(seen).toContain(email);
    expect(seen).not.toMatch(/byok_|subscription_|ciphertext/);
    const profile = { username: email, email, firstName: 'Eve', lastName: 'Other' };
    const change = (changed: Record<string, string[]>): Promise<Response> =>
      fetch(`${realm.url}/account`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ ...profile, attributes: changed }),
      });
    expect((await change({ subscription_tier: ['enterprise'] })).status).toBe(400);
    expect((await change({ byok_groq_key: ['stolen'], byok_openai_key: ['planted'] })).status).toBe(400);
    expect((await change({})).status).toBe(204);
    const stored = await realm.getUser(id);
    expect(stored).toMatchObject({ firstName: 'Eve', lastName: 'Other' });
    expect(stored.attributes).toEqual(attributes);
  });

  it('mends what was changed about its own client and about the attributes', async () => {
    const client = await findClient(realm);
    await realm.admin('PUT', `/clients/${client.id}`, {
      ...client,
      directAccessGrantsEnabled: true,
      redirectUris: ['https://old.example.com/auth/callback'],
      attributes: { ...(client.attributes as object), 'backchannel.logout.url': 'https://old.example.com' },
    });
    await realm.admin('DELETE', `/clients/${client.id}/roles/byok-tier`);
    const profile = (await realm.admin('GET', '/users/profile')).body as { attributes: Representation[] };
    const open = { view: ['admin', 'user'], edit: ['admin', 'user'] };
    await realm.admin('PUT', '/users/profile', {
      ...profile,
      attributes: profile.attributes
        .filter(({ name }) => name !== 'byok_custom_endpoint')
        .map((declared) =>
          declared.name === 'subscription_tier'
            ? { ...declared, permissions: open, annotations: { kept: 'yes' } }
            : declared.name === 'byok_openai_key'
              ? { ...declared, permissions: open, validations: { length: { max: 100 } }, multivalued: false }
              : declared,
        ),
    });
    const secret = { KEYCLOAK_CLIENT_SECRET: secretIn(first) };
    const lines = plan(await setUp({ ...environment(realm.name), ...secret }));
    expect(lines).toEqual([
      '+ Declare the attributes of keys for custom, for administrators only: byok_custom_endpoint',
      expect.stringContaining('byok_openai_key: people can no longer edit it'),
      expect.stringContaining('subscription_tier: people can no longer edit it'),
      expect.stringContaining('Sign-in cannot return to'),
      expect.stringContaining('Back-channel logout does not come here'),
      expect.stringContaining('Direct access grants are on'),
      expect.stringContaining('byok-tier'),
    ]);
    const mended = (await realm.admin('GET', '/users/profile')).body as { attributes: Representation[] };
    expect(mended.attributes.find(({ name }) => name === 'subscription_tier')).toMatchObject({
      permissions: { view: ['admin', 'user'], edit: ['admin'] },
      annotations: { kept: 'yes' },
    });
    expect(mended.attributes.find(({ name }) => name === 'byok_openai_key')).toMatchObject({
      permissions: { view: ['admin'], edit: ['admin'] },
      validations: { length: { max: 8192 } },
      multivalued: true,
    });
    expect((await findClient(realm)).redirectUris).toEqual(
      expect.arrayContaining(['https://old.example.com/auth/callback', 'https://ops.example.com/byok/auth/callback']),
    );
    expect(plan(await setUp({ ...environment(realm.name), ...secret }))).toEqual([]);
  });

  it('says so when KEYCLOAK_CLIENT_SECRET is not the client’s, without printing either', async () => {
    const lines = await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: 'not-the-secret' });
    expect(lines.join('\n')).toContain('KEYCLOAK_CLIENT_SECRET is not the secret of the client');
    expect(lines.join('\n')).not.toContain('not-the-secret');
    expect(lines.join('\n')).not.toContain(secretIn(first));
  });
});

describe('byok keycloak setup elsewhere', () => {
  const realms: TestRealm[] = [];
  const newRealm = async (...options: Parameters<typeof createRealm> extends [unknown, ...infer R] ? R : never) => {
    const realm = await createRealm(keycloak, ...options);
    realms.push(realm);
    return realm;
  };
  afterAll(() => Promise.all(realms.map((realm) => realm.deleteRealm())));

  it('leaves a client that it did not create exactly as it is, and says what is missing and how to add it', async () => {
    const realm = await newRealm();
    await realm.admin('POST', '/clients', {
      clientId: 'ops-center',
      publicClient: true,
      directAccessGrantsEnabled: true,
      redirectUris: ['https://ops.example.com/auth/*'],
    });
    const before = (await snapshot(realm)) as { clients: unknown; roles: unknown };
    const lines = await setUp(environment(realm.name));
    const after = (await snapshot(realm)) as typeof before;
    expect([after.clients, after.roles]).toEqual([before.clients, before.roles]);
    expect(lines.filter((line) => line.startsWith('+'))).toHaveLength(9);
    const text = lines.join('\n');
    for (const expected of [
      'ops-center was not created by this command, so it stays as it is',
      'The client is not confidential. Settings → Capability config: switch Client authentication on.',
      'add https://ops.example.com/byok/auth/callback to Valid redirect URIs',
      'add https://ops.example.com/byok/* to Valid post logout redirect URIs',
      'set Backchannel logout URL to https://ops.example.com/byok/auth/backchannel-logout',
      'set the PKCE method to S256',
      'tick Service accounts roles',
      'include ops-center in access tokens',
      'Roles → Create role: byok-resolve.',
      'Its service account lacks view-users, query-users, manage-users of realm-management',
    ])
      expect(text).toContain(expected);
    expect(text).not.toMatch(/Direct access grants|KEYCLOAK_CLIENT_SECRET=/);
  });

  it('asks nothing more of a foreign client that has everything', async () => {
    const realm = await newRealm();
    await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: 'chosen-secret' });
    const client = await findClient(realm);
    const attributes = { ...(client.attributes as object), 'byok.managed': '' };
    await realm.admin('PUT', `/clients/${client.id}`, { ...client, attributes });
    const lines = await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: 'chosen-secret' });
    expect(lines).toEqual([expect.any(String), 'Nothing to change.']);
  });

  it('gives a new client the secret that is configured, and prints none', async () => {
    const realm = await newRealm();
    const lines = await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: 'chosen-secret' });
    expect(lines.join('\n')).not.toContain('chosen-secret');
    const directory = openDirectory(keycloak.url, realm.name, { clientSecret: 'chosen-secret' });
    await expect(directory.check()).resolves.toBeUndefined();
    await directory.close();
  });

  it('brings its own role mapper where the realm has no default scope that does it', async () => {
    const realm = await newRealm();
    const scopes = (await realm.admin('GET', '/default-default-client-scopes')).body as { id: string; name: string }[];
    const roles = scopes.find(({ name }) => name === 'roles');
    await realm.admin('DELETE', `/default-default-client-scopes/${roles?.id}`);
    await setUp({ ...environment(realm.name), KEYCLOAK_CLIENT_SECRET: 'chosen-secret' });
    const client = await findClient(realm);
    const account = (await realm.admin('GET', `/clients/${client.id}/service-account-user`)).body as { id: string };
    const role = (await realm.admin('GET', `/clients/${client.id}/roles/byok-usage`)).body;
    await realm.admin('POST', `/users/${account.id}/role-mappings/clients/${client.id}`, [role]);
    const token = claims(await realm.serviceToken({ clientId: 'ops-center', clientSecret: 'chosen-secret' }));
    expect(token).toMatchObject({ resource_access: { 'ops-center': { roles: ['byok-usage'] } } });
  });

  it('keeps the policy for undeclared attributes, and warns of admin events with details', async () => {
    const settings = { adminEventsEnabled: true, adminEventsDetailsEnabled: true };
    const realm = await newRealm({ unmanagedAttributePolicy: 'ENABLED', settings });
    const lines = await setUp(environment(realm.name));
    expect(lines.join('\n')).toContain('Admin events are stored with details');
    const profile = (await realm.admin('GET', '/users/profile')).body as Representation;
    expect(profile.unmanagedAttributePolicy).toBe('ENABLED');
  });

  it('says what is wrong in a sentence when it cannot go on', async () => {
    const realm = await newRealm();
    const env = environment(realm.name);
    const limited = `limited-${realm.name}`;
    const { createAdminCall } = await import('../support/servers/keycloak-admin-api.ts');
    const master = createAdminCall(keycloak);
    const { id } = await master('POST', '/master/users', {
      username: limited,
      enabled: true,
      credentials: [{ type: 'password', value: 'limited-password', temporary: false }],
    });
    try {
      await expect(setUp({ ...env, KEYCLOAK_URL: 'http://127.0.0.1:9' })).rejects.toThrow(
        /^Set-up stopped: Keycloak could not be reached .*reachable at http:\/\/127\.0\.0\.1:9/,
      );
      await expect(setUp({ ...env, KEYCLOAK_REALM: 'nowhere' })).rejects.toThrow(/^There is no realm nowhere at/);
      await expect(setUp({ ...env, KEYCLOAK_ADMIN_PASSWORD: 'wrong' })).rejects.toThrow(
        /refused to sign us in: the admin .* Invalid user credentials/,
      );
      await expect(
        setUp({ ...env, KEYCLOAK_ADMIN_USERNAME: limited, KEYCLOAK_ADMIN_PASSWORD: 'limited-password' }),
      ).rejects.toThrow(new RegExp(`answered 403 .* KEYCLOAK_ADMIN_USERNAME \\(${limited}\\) has to be an admin`));
      await expect(setUp({ KEYCLOAK_URL: 'auth.example.com', KEYCLOAK_ADMIN_USERNAME: 'admin' })).rejects.toThrow(
        /KEYCLOAK_URL must be an address such as(?:.|\n)*KEYCLOAK_ADMIN_PASSWORD must be set/,
      );
    } finally {
      await master('DELETE', `/master/users/${id}`);
    }
  });

  it('explains itself, with an example', () => {
    let help = '';
    const command = keycloakSetupCommand({ env: {} }).configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help).toContain('--dry-run');
    expect(help).toContain('$ byok keycloak setup');
  });
});
