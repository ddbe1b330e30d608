// A realm of a test's own on the shared Keycloak, with what tests do in it by hand.
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type AdminCall, createAdminCall, type Representation, requestToken } from '../servers/keycloak-admin-api.ts';
import type { KeycloakServer } from '../servers/keycloak-server.ts';

type RealmOptions = {
  /** What its random name begins with. */
  readonly name?: string;
  /** What becomes of attributes that the user profile does not declare. Without it Keycloak drops them. */
  readonly unmanagedAttributePolicy?: 'ADMIN_EDIT' | 'ADMIN_VIEW' | 'ENABLED';
  /** More fields of the realm representation, such as `accessTokenLifespan`. */
  readonly settings?: Representation;
};

type NewUser = {
  readonly email: string;
  /** The email unless told. */
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly password?: string;
  readonly attributes?: Record<string, readonly string[]>;
  readonly enabled?: boolean;
};

type ClientOptions = {
  readonly clientId?: string;
  /** Roles of `realm-management` for the service account, such as `view-users`. */
  readonly roles?: readonly string[];
  /** With redirect URIs the client may also sign people in with the authorization code flow. */
  readonly redirectUris?: readonly string[];
  /** More fields of the client representation. */
  readonly settings?: Representation;
};

export type ConfidentialClient = { readonly clientId: string; readonly clientSecret: string };

export type TestRealm = ReturnType<typeof realmHelpers>;

const PASSWORD_CLIENT = 'byok-test-password-grant';

/**
 * Makes a realm with a random name and a public client for password grants. Nobody deletes it: that costs Keycloak
 * as much as making it, and all of Keycloak goes with the run.
 */
export async function createRealm(keycloak: KeycloakServer, options: RealmOptions = {}): Promise<TestRealm> {
  const name = `${options.name ?? 'test-'}${randomBytes(6).toString('hex')}`;
  const admin = createAdminCall(keycloak);
  await admin('POST', '', {
    realm: name,
    enabled: true,
    // Cheap to check, so that tests that sign in do not wait for the processor.
    passwordPolicy: 'hashAlgorithm(pbkdf2-sha512) and hashIterations(1)',
    components: { 'org.keycloak.keys.KeyProvider': await signingKeys() },
    ...options.settings,
    clients: [{ clientId: PASSWORD_CLIENT, publicClient: true, directAccessGrantsEnabled: true }],
  });
  const realm = realmHelpers(keycloak, name, admin);
  const { unmanagedAttributePolicy } = options;
  if (unmanagedAttributePolicy) {
    const profile = (await realm.admin('GET', '/users/profile')).body as Representation;
    await realm.admin('PUT', '/users/profile', { ...profile, unmanagedAttributePolicy });
  }
  return realm;
}

// Keycloak would make these keys itself, but takes a second of processor time for an RSA key where Node takes a twentieth.
async function signingKeys(): Promise<Representation[]> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return [
    { name: 'rsa', providerId: 'rsa', config: { privateKey: [privateKey], algorithm: ['RS256'], priority: ['100'] } },
    { name: 'hmac', providerId: 'hmac-generated', config: { algorithm: ['HS512'] } },
    { name: 'aes', providerId: 'aes-generated', config: { secretSize: ['16'] } },
  ];
}

function realmHelpers(keycloak: KeycloakServer, name: string, callAdmin: AdminCall) {
  const url = `${keycloak.url}/realms/${encodeURIComponent(name)}`;
  const admin: AdminCall = (method, path, body) => callAdmin(method, `/${encodeURIComponent(name)}${path}`, body);
  return {
    name,
    /** The realm's issuer, such as `http://127.0.0.1:1234/realms/test-…`. */
    url,
    /** Any call to the realm's admin API; `path` follows `/admin/realms/{realm}`. Rejects on a status of 400 and above. */
    admin,
    /** Answers the new user's id. */
    createUser: (user: NewUser) => createUser(admin, user),
    getUser: async (id: string) => (await admin('GET', `/users/${id}`)).body as Representation,
    /** Sends exactly this representation: what it leaves out, Keycloak erases. */
    putUser: async (id: string, user: Representation) => {
      await admin('PUT', `/users/${id}`, user);
    },
    deleteUser: async (id: string) => {
      await admin('DELETE', `/users/${id}`);
    },
    /** The access token of a person who signs in with a password. */
    userToken: async (username: string, password: string) => {
      const form = { grant_type: 'password', client_id: PASSWORD_CLIENT, username, password, scope: 'openid' };
      return String((await requestToken(url, form)).access_token);
    },
    /** The access token of a client's service account. */
    serviceToken: async ({ clientId, clientSecret }: ConfidentialClient) => {
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
      return String((await requestToken(url, form)).access_token);
    },
    createConfidentialClient: (client: ClientOptions = {}) => createConfidentialClient(admin, client),
    /** Gives a client's service account roles of another client, such as `byok-resolve`. */
    grantClientRoles: async (clientId: string, of: string, roles: readonly string[]) => {
      const [client] = (await admin('GET', `/clients?clientId=${clientId}`)).body as { id: string }[];
      await grantRoles(admin, client?.id ?? '', of, roles);
    },
    deleteRealm: async () => {
      await admin('DELETE', '');
    },
  };
}

async function createUser(admin: AdminCall, user: NewUser): Promise<string> {
  const { password, ...representation } = user;
  // Without both names Keycloak holds a person up at sign-in to ask for them.
  const defaults = { username: user.email, firstName: 'Test', lastName: 'Person', enabled: true, emailVerified: true };
  const credentials = password === undefined ? [] : [{ type: 'password', value: password, temporary: false }];
  return (await admin('POST', '/users', { ...defaults, ...representation, credentials })).id;
}

async function createConfidentialClient(admin: AdminCall, options: ClientOptions): Promise<ConfidentialClient> {
  const { roles = [], redirectUris = [], settings } = options;
  const client = {
    clientId: options.clientId ?? `client-${randomBytes(4).toString('hex')}`,
    secret: randomBytes(16).toString('hex'),
  };
  const { id } = await admin('POST', '/clients', {
    ...client,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: redirectUris.length > 0,
    redirectUris,
    ...settings,
  });
  if (roles.length > 0) await grantRoles(admin, id, 'realm-management', roles);
  return { clientId: client.clientId, clientSecret: client.secret };
}

async function grantRoles(admin: AdminCall, client: string, of: string, roles: readonly string[]): Promise<void> {
  const account = (await admin('GET', `/clients/${client}/service-account-user`)).body as { id: string };
  const [owner] = (await admin('GET', `/clients?clientId=${of}`)).body as { id: string }[];
  const wanted = await Promise.all(
    roles.map(async (role) => (await admin('GET', `/clients/${owner?.id}/roles/${role}`)).body),
  );
  await admin('POST', `/users/${account.id}/role-mappings/clients/${owner?.id}`, wanted);
}
