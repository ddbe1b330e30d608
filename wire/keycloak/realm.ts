// A realm of one recording: made ready by the command line under record, with people, services and their tokens.
import { request } from 'undici';
import { createRealm, type OuterServers, type TestRealm } from '../servers.ts';
import { type Env, runByok } from '../service.ts';
import type { UserStore } from '../store.ts';

const CLIENT = { KEYCLOAK_CLIENT_ID: 'ops-center', KEYCLOAK_CLIENT_SECRET: 'a-secret-of-the-recording' } as const;
const PASSWORD = 'correct horse battery';
/** Longer than a recording takes. */
const TOKEN_SECONDS = 3600;
/** Clients that people use elsewhere: the service believes access tokens of the first. */
export type App = 'app-of-the-platform' | 'app-of-others';

/** Username → tier. */
const PEOPLE: Readonly<Record<string, string>> = {
  trial: 'trial',
  starter: 'starter',
  professional: 'professional',
  enterprise: 'enterprise',
  legacy: 'starter',
  visitor: 'starter',
  // Each is asked for during one outage only, so that it is in nobody's memory.
  'unknown-redis': 'starter',
  'unknown-database': 'starter',
  'unknown-keycloak': 'starter',
  'unknown-nothing': 'starter',
};

export interface Realm {
  /** How the service reaches it. */
  readonly env: Env;
  readonly realm: TestRealm;
  /** Username → id. */
  readonly ids: ReadonlyMap<string, string>;
  readonly password: string;
  /** Of a person, as another client of the realm gets it. @param url of Keycloak, as the service knows it. */
  accessToken(url: string, username: string, app?: App): Promise<string>;
  /** Of the service `gateway`, which may do everything, or `stranger`, which may do nothing. */
  serviceToken(url: string, clientId: 'gateway' | 'stranger'): Promise<string>;
}

export const emailOf = (username: string): string => `${username}@example.com`;

/** @param publicUrl where browsers come back to. */
export async function prepareRealm(root: string, { keycloak }: OuterServers, publicUrl: string): Promise<Realm> {
  const realm = await createRealm(keycloak, {
    settings: { accessTokenLifespan: TOKEN_SECONDS, ssoSessionMaxLifespan: TOKEN_SECONDS },
  });
  await declareDepartment(realm);
  const env = { KEYCLOAK_REALM: realm.name, ...CLIENT, KEYCLOAK_ALLOWED_CLIENTS: 'app-of-the-platform' };
  const admin = { KEYCLOAK_ADMIN_USERNAME: keycloak.adminUsername, KEYCLOAK_ADMIN_PASSWORD: keycloak.adminPassword };
  const setUp = { ...env, ...admin, KEYCLOAK_URL: keycloak.url, PUBLIC_URL: publicUrl };
  await runByok(root, setUp, ['keycloak', 'setup']);
  const ids = await createPeople(realm);
  await createServices(realm);
  const token = async (url: string, form: Readonly<Record<string, string>>): Promise<string> => {
    const { body } = await request(`${url}/realms/${realm.name}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    return String(((await body.json()) as { access_token: string }).access_token);
  };
  return {
    env,
    realm,
    ids,
    password: PASSWORD,
    accessToken: (url, username, app = 'app-of-the-platform') =>
      token(url, {
        grant_type: 'password',
        username: emailOf(username),
        password: PASSWORD,
        client_id: app,
        client_secret: secretOf(app),
        scope: 'openid',
      }),
    serviceToken: (url, clientId) =>
      token(url, { grant_type: 'client_credentials', client_id: clientId, client_secret: secretOf(clientId) }),
  };
}

const secretOf = (clientId: string): string => `secret-of-${clientId}`;

/** An attribute of somebody else's, to see that it is left alone. */
async function declareDepartment(realm: TestRealm): Promise<void> {
  const { attributes = [], ...profile } = (await realm.admin('GET', '/users/profile')).body as {
    attributes?: object[];
  };
  const permissions = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  const department = { name: 'department', displayName: 'Department', permissions, multivalued: true };
  await realm.admin('PUT', '/users/profile', { ...profile, attributes: [...attributes, department] });
}

async function createPeople(realm: TestRealm): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const [username, tier] of Object.entries(PEOPLE)) {
    const attributes = {
      subscription_tier: [tier],
      subscription_status: ['active'],
      ...(username === 'legacy' ? { api_calls_limit: ['2'], department: ['Research'] } : {}),
    };
    const names = { firstName: 'Demo', lastName: username };
    const id = await realm.createUser({ username, email: emailOf(username), password: PASSWORD, ...names, attributes });
    ids.set(username, id);
  }
  const { client, roles } = await ourRoles(realm);
  const administrators = roles.filter(({ name }) => name === 'byok-admin');
  await realm.admin('POST', `/users/${ids.get('enterprise')}/role-mappings/clients/${client}`, administrators);
  return ids;
}

async function createServices(realm: TestRealm): Promise<void> {
  const mapper = {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.client.audience': CLIENT.KEYCLOAK_CLIENT_ID, 'access.token.claim': 'true' },
  };
  const create = (clientId: string, more: object = {}) =>
    realm.createConfidentialClient({ clientId, settings: { secret: secretOf(clientId), ...more } });
  await create('app-of-the-platform' satisfies App, { directAccessGrantsEnabled: true, protocolMappers: [mapper] });
  await create('app-of-others' satisfies App, { directAccessGrantsEnabled: true });
  for (const clientId of ['gateway', 'stranger']) await create(clientId);
  await realm.grantClientRoles('gateway', CLIENT.KEYCLOAK_CLIENT_ID, ['byok-resolve', 'byok-usage', 'byok-tier']);
}

async function ourRoles(realm: TestRealm): Promise<{ client: string; roles: { name: string }[] }> {
  const [found] = (await realm.admin('GET', `/clients?clientId=${CLIENT.KEYCLOAK_CLIENT_ID}`)).body as { id: string }[];
  const client = found?.id ?? '';
  return { client, roles: (await realm.admin('GET', `/clients/${client}/roles`)).body as { name: string }[] };
}

/** While the realm has forgotten an attribute: Keycloak drops what is written to it. */
export async function withoutAttribute({ realm }: Realm, name: string, use: () => Promise<void>): Promise<void> {
  const profile = (await realm.admin('GET', '/users/profile')).body as { attributes: { name: string }[] };
  const attributes = profile.attributes.filter((attribute) => attribute.name !== name);
  await realm.admin('PUT', '/users/profile', { ...profile, attributes });
  await use();
  await realm.admin('PUT', '/users/profile', profile);
}

/** While our client has another secret at Keycloak than the service knows. */
export async function withOtherSecret({ realm }: Realm, use: () => Promise<void>): Promise<void> {
  const { client } = await ourRoles(realm);
  const { body } = await realm.admin('GET', `/clients/${client}`);
  const representation = body as Record<string, unknown>;
  await realm.admin('PUT', `/clients/${client}`, { ...representation, secret: 'another-secret' });
  await use();
  await realm.admin('PUT', `/clients/${client}`, { ...representation, secret: CLIENT.KEYCLOAK_CLIENT_SECRET });
}

/** The people of the realm, by its admin API. */
export function realmUsers({ realm }: Realm): UserStore {
  type User = Record<string, string | boolean> & { id: string; attributes?: Record<string, string[]> };
  const change = async (id: string, changed: (user: User) => object): Promise<void> => {
    const user = (await realm.getUser(id)) as User;
    await realm.putUser(id, { ...user, ...changed(user) });
  };
  return {
    async users() {
      const { body } = await realm.admin('GET', '/users?briefRepresentation=false&max=100');
      const fields = ['username', 'email', 'firstName', 'lastName', 'enabled', 'emailVerified'];
      return new Map(
        (body as User[]).map((user) => [
          user.id,
          {
            attributes: user.attributes ?? {},
            fields: Object.fromEntries(fields.map((name) => [name, user[name] ?? null])) as Record<string, string>,
          },
        ]),
      );
    },
    setAttributes: (id, changes) =>
      change(id, ({ attributes }) => ({
        attributes: Object.fromEntries(
          Object.entries({ ...attributes, ...changes }).filter(([, value]) => value !== null),
        ),
      })),
    setEnabled: (id, enabled) => change(id, () => ({ enabled })),
    remove: (id) => realm.deleteUser(id),
  };
}
