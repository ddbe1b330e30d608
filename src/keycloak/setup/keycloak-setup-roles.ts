// The roles: those of ours that services and administrators are given, and those that our service account needs.
import { z } from 'zod';
import type { KeycloakAdmin } from '../keycloak-admin.ts';
import type { KeycloakClient } from './keycloak-client-gaps.ts';

interface RoleStep extends SetupStep {
  /** What is missing and how a person adds it in the admin console, where the client is not ours to change. */
  readonly byHand: string;
}

interface RolesPart extends SetupPart {
  readonly steps: readonly RoleStep[];
}

/** Client roles by name, with what they allow. */
const CLIENT_ROLES: Readonly<Record<string, string>> = {
  'byok-resolve': 'A service that may fetch a user’s API key',
  'byok-usage': 'A service that may record usage',
  'byok-tier': 'A service that may read and set tiers',
  'byok-admin': 'A person who administers keys',
};

const ACCOUNT_ROLES = ['view-users', 'query-users', 'manage-users'];
// What these bring with them by themselves.
const IMPLIED_ROLES = ['query-groups'];

const roleShape = z.looseObject({ id: z.string(), name: z.string() });
const idShape = z.looseObject({ id: z.string() });

type FindClient = () => Promise<KeycloakClient | undefined>;

/** @param find gives the client when the steps run, where it does not exist yet. */
export async function planRoles(admin: KeycloakAdmin, client: KeycloakClient, find?: FindClient): Promise<RolesPart> {
  const isNew = find !== undefined;
  const here: FindClient = find ?? (async () => client);
  const present = isNew ? [] : await clientRoles(admin, client);
  const roles = Object.keys(CLIENT_ROLES).filter((name) => !present.includes(name));
  const granted = isNew ? [] : await grantedRoles(admin, client);
  const missing = ACCOUNT_ROLES.filter((name) => !granted.includes(name) && !granted.includes('realm-admin'));
  const extra = granted.filter((name) => ![...ACCOUNT_ROLES, ...IMPLIED_ROLES].includes(name));
  return {
    steps: [
      ...roles.map((name) => addRole(admin, here, name)),
      ...(missing.length === 0 ? [] : [grantRoles(admin, here, missing)]),
    ],
    advice:
      extra.length === 0
        ? []
        : [
            `The service account of ${client.clientId} has more roles of realm-management than it needs: ${extra.join(', ')}.`,
          ],
  };
}

function addRole(admin: KeycloakAdmin, find: FindClient, name: string): RoleStep {
  const description = CLIENT_ROLES[name] ?? '';
  return {
    line: `Add the client role ${name} (${description})`,
    byHand: `It has no client role ${name}. Roles → Create role: ${name}.`,
    apply: async () => {
      const id = (await mustFind(find)).id;
      await admin.call({
        kind: 'setup',
        name: 'create a client role',
        shape: z.unknown(),
        run: (client) => client.clients.createRole({ id, name, description }),
      });
    },
  };
}

function grantRoles(admin: KeycloakAdmin, find: FindClient, names: readonly string[]): RoleStep {
  return {
    line: `Give its service account ${names.join(', ')} of realm-management`,
    byHand: `Its service account lacks ${names.join(', ')} of realm-management. Service account roles → Assign role → Client roles.`,
    apply: async () => {
      const user = await serviceAccount(admin, await mustFind(find));
      const management = await realmManagement(admin);
      const all = await admin.call({
        kind: 'setup',
        name: 'read the roles of realm-management',
        shape: z.array(roleShape),
        run: (client) => client.clients.listRoles({ id: management }),
      });
      const roles = all.filter(({ name }) => names.includes(name)).map(({ id, name }) => ({ id, name }));
      await admin.call({
        kind: 'setup',
        name: 'give roles to the service account',
        shape: z.unknown(),
        run: (client) => client.users.addClientRoleMappings({ id: user, clientUniqueId: management, roles }),
      });
    },
  };
}

async function clientRoles(admin: KeycloakAdmin, { id }: KeycloakClient): Promise<string[]> {
  const roles = await admin.call({
    kind: 'setup',
    name: 'read the client roles',
    shape: z.array(roleShape),
    run: (client) => client.clients.listRoles({ id }),
  });
  return roles.map(({ name }) => name);
}

/** The service account's roles of realm-management, those that come by other roles and groups included. */
async function grantedRoles(admin: KeycloakAdmin, client: KeycloakClient): Promise<string[]> {
  if (!client.serviceAccountsEnabled) return [];
  const id = await serviceAccount(admin, client);
  const clientUniqueId = await realmManagement(admin);
  const roles = await admin.call({
    kind: 'setup',
    name: 'read the roles of the service account',
    shape: z.array(roleShape),
    run: (api) => api.users.listCompositeClientRoleMappings({ id, clientUniqueId }),
  });
  return roles.map(({ name }) => name);
}

async function serviceAccount(admin: KeycloakAdmin, { id }: KeycloakClient): Promise<string> {
  const user = await admin.call({
    kind: 'setup',
    name: 'read the service account',
    shape: idShape,
    run: (client) => client.clients.getServiceAccountUser({ id }),
  });
  return user.id;
}

async function realmManagement(admin: KeycloakAdmin): Promise<string> {
  const [management] = await admin.call({
    kind: 'setup',
    name: 'find the client realm-management',
    shape: z.array(idShape).min(1),
    run: (client) => client.clients.find({ clientId: 'realm-management' }),
  });
  return management?.id ?? '';
}

async function mustFind(find: FindClient): Promise<KeycloakClient> {
  const client = await find();
  if (client === undefined) throw new Error('the client that was just created is not there');
  return client;
}

/** What set-up would do, said before it is done. */
export interface SetupStep {
  /** A sentence in the imperative, without a full stop. */
  readonly line: string;
  /** Does it. @throws ByokError `directory_unavailable` */
  readonly apply: () => Promise<unknown>;
}

export interface SetupPart {
  readonly steps: readonly SetupStep[];
  /** What is left for a person to do or to know: one line each. */
  readonly advice: readonly string[];
}
