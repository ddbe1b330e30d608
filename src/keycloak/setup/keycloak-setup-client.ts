// What set-up does about the client: makes it, mends the one it made, and leaves everyone else's as it is.
import { randomBytes } from 'node:crypto';
import type ClientRepresentation from '@keycloak/keycloak-admin-client/lib/defs/clientRepresentation.js';
import { z } from 'zod';
import type { KeycloakAdmin } from '../keycloak-admin.ts';
import {
  type ClientAddresses,
  type ClientGap,
  CREATED_BY_US,
  clientGaps,
  clientShape,
  extraFlows,
  isOurs,
  type KeycloakClient,
} from './keycloak-client-gaps.ts';
import { planRoles, type SetupPart, type SetupStep } from './keycloak-setup-roles.ts';

interface ClientOptions {
  readonly clientId: string;
  /** The secret that the service is configured with, if it is yet. */
  readonly clientSecret: string | undefined;
  readonly addresses: ClientAddresses;
}

export interface ClientPart extends SetupPart {
  /** The secret of a client that the steps create, where nobody chose one beforehand. */
  readonly newSecret: string | undefined;
}

export async function planClient(admin: KeycloakAdmin, options: ClientOptions): Promise<ClientPart> {
  const existing = await findClient(admin, options.clientId);
  if (existing === undefined) return await planNewClient(admin, options);
  const gaps = clientGaps(existing, options.addresses);
  const roles = await planRoles(admin, existing);
  const advice = [...roles.advice, ...(await secretAdvice(admin, existing, options))];
  if (!isOurs(existing)) return leaveAlone(existing, gaps, roles.steps, advice);

  const changes = [...gaps, ...extraFlows(existing)];
  return { steps: [...mendSteps(admin, existing, changes), ...roles.steps], advice, newSecret: undefined };
}

async function findClient(admin: KeycloakAdmin, clientId: string): Promise<KeycloakClient | undefined> {
  const found = await admin.call({
    kind: 'setup',
    name: 'find the client',
    shape: z.array(clientShape),
    run: (client) => client.clients.find({ clientId }),
  });
  return found.find((client) => client.clientId === clientId);
}

async function planNewClient(admin: KeycloakAdmin, options: ClientOptions): Promise<ClientPart> {
  const scopes = await admin.call({
    kind: 'setup',
    name: 'read the default client scopes',
    shape: z.array(z.object({ name: z.string() })),
    run: (client) => client.clientScopes.listDefaultClientScopes(),
  });
  const newSecret = options.clientSecret === undefined ? randomBytes(32).toString('base64url') : undefined;
  const bare = clientShape.parse({
    id: 'new',
    clientId: options.clientId,
    name: 'Key service (BYOK)',
    description: 'Sign-in and service account of the service that keeps the users’ API keys.',
    protocol: 'openid-connect',
    secret: options.clientSecret ?? newSecret,
    baseUrl: options.addresses.homeUrl,
    attributes: { [CREATED_BY_US]: 'true' },
    defaultClientScopes: scopes.map(({ name }) => name),
  });
  // Everything that it lacks, and not a word of our own about id and scopes: Keycloak gives those.
  const whole = mended(bare, clientGaps(bare, options.addresses));
  const { id: _id, defaultClientScopes: _scopes, ...representation } = whole;
  const create: SetupStep = {
    line: `Create the confidential client ${options.clientId}, which returns to ${options.addresses.redirectUri}`,
    apply: () =>
      admin.call({
        kind: 'setup',
        name: 'create the client',
        shape: z.unknown(),
        run: (client) => client.clients.create(Object.assign<ClientRepresentation, object>({}, representation)),
      }),
  };
  const roles = await planRoles(admin, bare, () => findClient(admin, options.clientId));
  return { steps: [create, ...roles.steps], advice: [], newSecret };
}

function mended(client: KeycloakClient, gaps: readonly ClientGap[]): KeycloakClient {
  return gaps.reduce((before, { fix }) => fix(before), client);
}

function mendSteps(admin: KeycloakAdmin, existing: KeycloakClient, gaps: readonly ClientGap[]): SetupStep[] {
  const apply = async (): Promise<void> => {
    await admin.call({
      kind: 'setup',
      name: 'change the client',
      shape: z.unknown(),
      run: (client) =>
        client.clients.update(
          { id: existing.id },
          Object.assign<ClientRepresentation, object>({}, mended(existing, gaps)),
        ),
    });
  };
  // One change of the client mends them all; every line is said.
  return gaps.map(({ what }, index) => ({
    line: `Mend the client ${existing.clientId}: ${what}`,
    apply: index === 0 ? apply : async () => undefined,
  }));
}

function leaveAlone(
  client: KeycloakClient,
  gaps: readonly ClientGap[],
  roleSteps: readonly { readonly byHand: string }[],
  advice: readonly string[],
): ClientPart {
  const missing = [...gaps.map(({ what, how }) => `${what}. ${how}.`), ...roleSteps.map(({ byHand }) => byHand)];
  if (missing.length === 0) return { steps: [], advice, newSecret: undefined };
  const head = `The client ${client.clientId} was not created by this command, so it stays as it is. In the admin console, under Clients → ${client.clientId}:`;
  return { steps: [], advice: [head, ...missing.map((line) => `  - ${line}`), ...advice], newSecret: undefined };
}

/** Compares the secret that the service will use with the client's own; neither is printed. */
async function secretAdvice(
  admin: KeycloakAdmin,
  existing: KeycloakClient,
  { clientId, clientSecret }: ClientOptions,
): Promise<string[]> {
  const where = `Clients → ${clientId} → Credentials`;
  if (clientSecret === undefined) return [`KEYCLOAK_CLIENT_SECRET is not set. The secret stands under ${where}.`];
  const secret = await admin.attempt({
    kind: 'setup',
    name: 'read the client secret',
    shape: z.object({ value: z.string() }),
    run: (client) => client.clients.getClientSecret({ id: existing.id }),
  });
  if (!secret.ok || secret.value.value === clientSecret) return [];
  return [`KEYCLOAK_CLIENT_SECRET is not the secret of the client ${clientId}. The secret stands under ${where}.`];
}
