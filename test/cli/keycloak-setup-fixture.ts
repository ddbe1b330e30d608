// `byok keycloak setup` on a realm of a test’s own, and what to look at afterwards.
import { inject } from 'vitest';
import { keycloakSetupCommand } from '../../src/cli/keycloak-setup.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import type { Representation } from '../support/servers/keycloak-admin-api.ts';

export const SECRET = /^KEYCLOAK_CLIENT_SECRET=(\S+)$/;

export const environment = (realm: string) => {
  const keycloak = inject('keycloak');
  return {
    KEYCLOAK_URL: `${keycloak.url}/`,
    KEYCLOAK_REALM: realm,
    KEYCLOAK_ADMIN_USERNAME: keycloak.adminUsername,
    KEYCLOAK_ADMIN_PASSWORD: keycloak.adminPassword,
    KEYCLOAK_TIMEOUT_SECONDS: '30',
    PUBLIC_URL: 'https://ops.example.com',
    BASE_PATH: '/byok',
  };
};

export async function setUp(env: Record<string, string>, ...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const command = keycloakSetupCommand({ env, print: (line) => lines.push(line) }).exitOverride();
  await command.parseAsync(args, { from: 'user' });
  return lines;
}

export async function findClient(realm: TestRealm, clientId = 'ops-center'): Promise<Representation & { id: string }> {
  const { body } = await realm.admin('GET', `/clients?clientId=${clientId}`);
  const [client] = body as (Representation & { id: string })[];
  if (client === undefined) throw new Error(`no client ${clientId}`);
  return client;
}

/** Everything that set-up may touch, to be compared. */
export async function snapshot(realm: TestRealm): Promise<unknown> {
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

export async function serviceAccountRoles(realm: TestRealm, client: string): Promise<string[]> {
  const account = (await realm.admin('GET', `/clients/${client}/service-account-user`)).body as { id: string };
  const management = await findClient(realm, 'realm-management');
  const { body } = await realm.admin('GET', `/users/${account.id}/role-mappings/clients/${management.id}`);
  return (body as { name: string }[]).map(({ name }) => name).sort();
}

export const claims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
