// A realm that `byok keycloak setup` has made ready, with directories over it.
import { createKeycloakAdmin } from '../../../src/keycloak/keycloak-admin.ts';
import type { KeycloakCall } from '../../../src/keycloak/keycloak-call.ts';
import {
  createKeycloakUserDirectory,
  type KeycloakUserDirectoryOptions,
} from '../../../src/keycloak/keycloak-user-directory.ts';
import { planKeycloakSetup } from '../../../src/keycloak/setup/keycloak-setup.ts';
import { createMemoryUserLock } from '../../../src/users/memory-user-lock.ts';
import type { UserDirectory } from '../../../src/users/user-directory.ts';
import type { Representation } from '../servers/keycloak-admin-api.ts';
import type { KeycloakServer } from '../servers/keycloak-server.ts';
import { createRealm, type TestRealm } from './realm.ts';

export const CLIENT = { clientId: 'ops-center', clientSecret: 'a-secret-of-the-test' };
const PUBLIC_URL = 'https://ops.example.com';

export type Counted = UserDirectory & {
  /** Every call to the admin API since the last `forget`, as `read ok`. */
  readonly calls: string[];
  forget(): void;
};

/** The realm, set up for a service at `publicUrl`; besides our attributes it declares `department`. */
export async function createReadyRealm(keycloak: KeycloakServer, publicUrl = PUBLIC_URL): Promise<TestRealm> {
  const realm = await createRealm(keycloak);
  await declareDepartment(realm);
  await setUp(keycloak, realm.name, publicUrl);
  return realm;
}

async function setUp(keycloak: KeycloakServer, realm: string, publicUrl: string): Promise<void> {
  const admin = createSetupAdmin(keycloak, realm);
  try {
    const plan = await planKeycloakSetup(admin, { realm, ...CLIENT, publicUrl, basePath: '' });
    for (const step of plan.steps) await step.apply();
  } finally {
    await admin.close();
  }
}

const createSetupAdmin = (keycloak: KeycloakServer, realm: string) =>
  createKeycloakAdmin({
    url: keycloak.url,
    realm,
    clientId: CLIENT.clientId,
    clientSecret: undefined,
    admin: { username: keycloak.adminUsername, password: keycloak.adminPassword },
    caFile: undefined,
    timeoutMs: 20_000,
  });

/** A directory over the realm that counts its calls. The caller closes it. */
export function openDirectory(
  url: string,
  realm: string,
  options: Partial<KeycloakUserDirectoryOptions> = {},
): Counted {
  const calls: string[] = [];
  const directory = createKeycloakUserDirectory({
    url,
    realm,
    ...CLIENT,
    admin: undefined,
    caFile: undefined,
    timeoutMs: 20_000,
    allowUnmanagedSelfEdit: false,
    lock: createMemoryUserLock({ waitMs: 60_000 }),
    onCall: ({ kind, outcome }: KeycloakCall) => calls.push(`${kind} ${outcome}`),
    ...options,
  });
  return {
    ...directory,
    calls,
    forget: () => {
      calls.length = 0;
    },
  };
}

export async function readProfile(realm: TestRealm): Promise<Representation & { attributes: Representation[] }> {
  const { body } = await realm.admin('GET', '/users/profile');
  const { attributes = [], ...profile } = body as Representation & { attributes?: Representation[] };
  return { ...profile, attributes };
}

async function declareDepartment(realm: TestRealm): Promise<void> {
  const profile = await readProfile(realm);
  const permissions = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  const department = { name: 'department', displayName: 'Department', permissions, multivalued: true };
  await realm.admin('PUT', '/users/profile', { ...profile, attributes: [...profile.attributes, department] });
}
