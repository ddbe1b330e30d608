// What the claims of Keycloak's tokens must say. Signatures, issuers and times have been checked before.
import { z } from 'zod';
import { SCOPE_OF_ROLE, type ServiceCaller } from '../services/service-caller.ts';
import type { TokenUser } from '../sessions/identity-provider.ts';
import { ByokError } from '../shared/errors.ts';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The reason is for the log; whoever sent the token learns nothing of it. */
export const refused = (code: 'not_authenticated' | 'invalid_request', reason: string): ByokError =>
  new ByokError(code, { reason: `token refused: ${reason}` });

const unlike = (code: 'not_authenticated' | 'invalid_request', { issues }: z.ZodError): ByokError =>
  refused(code, `claims ${issues.map(({ path }) => path.join('.')).join(', ')}`);

// Bound to a key or a certificate that its holder has to prove (DPoP, mutual TLS): nothing here looks at such a proof.
const unbound = { cnf: z.undefined().optional(), act: z.looseObject({ cnf: z.undefined().optional() }).optional() };

/**
 * Which grant a token came from, as Keycloak 26.2 and later write it into the token's id: `trrtcc:…` is client credentials.
 * Undefined: an older one.
 */
const GRANT = /^(?:on|of|tr|un)(?:rt|lt|un)([a-z]{2}):/;
const grantOf = (jti = ''): string | undefined => GRANT.exec(jti)?.[1];
const CLIENT_CREDENTIALS = 'cc';

/** Whose tokens of persons count. */
export interface TokenClients {
  /** Ours. */
  readonly clientId: string;
  readonly allowedClients: readonly string[];
  /** Told of tokens that are good but for the client that they were made for. */
  readonly onRefusedClient: (azp: string) => void;
}

// Sessions of persons have a `sid`; a program's token has none, or says by `client_id` that it is one.
const accessSchema = z.object({
  sub: z.string().min(1),
  typ: z.literal('Bearer'),
  sid: z.string().min(1),
  azp: z.string().min(1),
  ...unbound,
  jti: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
  client_id: z.never().optional(),
});

/** An access token (not an ID, refresh or logout token) for this service, of a person and not of a program, from a client that may. @throws ByokError `not_authenticated`. */
export function readAccessClaims(payload: unknown, clients: TokenClients): TokenUser {
  const { clientId, allowedClients, onRefusedClient } = clients;
  const claims = accessSchema.safeParse(payload);
  if (!claims.success) throw unlike('not_authenticated', claims.error);
  const { sub, azp, jti, aud = [], email, name, preferred_username: username = '' } = claims.data;
  if (azp !== clientId && ![aud].flat().includes(clientId))
    throw refused('not_authenticated', 'not meant for this service');
  if (username.startsWith('service-account-') || grantOf(jti) === CLIENT_CREDENTIALS)
    throw refused('not_authenticated', 'a service account is not a person');
  // Keycloak names us in `aud` for anyone with a role of ours, whatever client they signed in to.
  if (azp !== clientId && !allowedClients.includes(azp)) {
    onRefusedClient(azp);
    throw refused('not_authenticated', 'its client is neither ours nor in KEYCLOAK_ALLOWED_CLIENTS');
  }
  return { userId: sub, email, name, roles: clientRoles(payload, clientId) };
}

// A service account has no session, and its name or a claim says whose account it is.
const serviceSchema = z.object({
  typ: z.literal('Bearer'),
  azp: z.string().min(1),
  sid: z.never().optional(),
  ...unbound,
  jti: z.string().optional(),
  preferred_username: z.string().optional(),
  client_id: z.string().optional(),
});

/** An access token of a client's own (client credentials), with the roles that it has here. @throws ByokError `not_authenticated`. */
export function readServiceClaims(payload: unknown, clientId: string): ServiceCaller {
  const claims = serviceSchema.safeParse(payload);
  if (!claims.success) throw unlike('not_authenticated', claims.error);
  const { azp, jti, client_id: client, preferred_username: username } = claims.data;
  const isAccount = client === undefined ? username === `service-account-${azp.toLowerCase()}` : client === azp;
  const grant = grantOf(jti) ?? CLIENT_CREDENTIALS;
  if (!isAccount || grant !== CLIENT_CREDENTIALS) throw refused('not_authenticated', 'a person is not a service');
  const scopes = clientRoles(payload, clientId).flatMap((role) => SCOPE_OF_ROLE.get(role) ?? []);
  return { kind: 'service', id: azp, scopes: new Set(scopes), providers: undefined };
}

const rolesSchema = z.object({ resource_access: z.record(z.string(), z.object({ roles: z.array(z.string()) })) });

/** @returns the roles that a token gives at this client; no other roles count. */
export function clientRoles(payload: unknown, clientId: string): string[] {
  const claims = rolesSchema.safeParse(payload);
  return claims.success ? (new Map(Object.entries(claims.data.resource_access)).get(clientId)?.roles ?? []) : [];
}

const logoutSchema = z.object({
  sid: z.string().min(1).optional(),
  sub: z.string().min(1).optional(),
  events: z.object({ [LOGOUT_EVENT]: z.looseObject({}) }),
  // A nonce marks an ID token: one must not pass for a logout token.
  nonce: z.never().optional(),
});

/** Whose sessions to end. @throws ByokError `invalid_request`. */
export function readLogoutClaims(payload: unknown): {
  providerSessionId: string | undefined;
  userId: string | undefined;
} {
  const claims = logoutSchema.safeParse(payload);
  if (!claims.success) throw unlike('invalid_request', claims.error);
  const { sid, sub } = claims.data;
  if (sid === undefined && sub === undefined) throw refused('invalid_request', 'names nobody');
  return { providerSessionId: sid, userId: sub };
}
