// `byok keycloak setup` on realms that hold something already, and where it cannot go on.
import { describe, expect, inject, it } from 'vitest';
import { keycloakSetupCommand } from '../../src/cli/keycloak-setup.ts';
import { openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import { createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import type { Representation } from '../support/servers/keycloak-admin-api.ts';
import { claims, environment, findClient, setUp, snapshot } from './keycloak-setup-fixture.ts';

const keycloak = inject('keycloak');

describe('byok keycloak setup elsewhere', () => {
  const newRealm = (options?: Parameters<typeof createRealm>[1]): Promise<TestRealm> => createRealm(keycloak, options);

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
