import { beforeAll, describe, expect, inject, it } from 'vitest';
import { REALM_ATTRIBUTES } from '../../src/users/realm-attributes.ts';
import { openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import { createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import type { Representation } from '../support/servers/keycloak-admin-api.ts';
import {
  claims,
  environment,
  findClient,
  SECRET,
  serviceAccountRoles,
  setUp,
  snapshot,
} from './keycloak-setup-fixture.ts';

const keycloak = inject('keycloak');

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
