// Finds out who is asking: an access token where one is sent, else the one session cookie that counts.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/principal.ts';
import { ByokError } from '../shared/errors.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { PlatformSessions } from './platform-sessions.ts';
import type { SessionCookie, SessionCookies } from './session-cookies.ts';
import type { SessionStore } from './session-store.ts';

interface AuthenticateOptions {
  cookies: Pick<SessionCookies, 'read' | 'clearDead'>;
  sessions: Pick<SessionStore, 'find'>;
  /** The ops-center back end's sessions, where they can be reached. */
  platformSessions?: PlatformSessions | undefined;
  /** For platform sessions that name only an address. */
  findUserIdByEmail: (email: string) => Promise<string | undefined>;
  /** Whose access tokens count; without one, none does. */
  identityProvider?: Pick<IdentityProvider, 'verifyAccessToken'> | undefined;
}

export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * A hook that sets `request.principal`.
 * It throws ByokError `not_authenticated`; `session_store_unavailable` or `directory_unavailable` where it cannot know.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  return async (request, reply) => {
    const bearer = bearerOf(request);
    const principal =
      bearer === undefined ? await fromCookies(options, request, reply) : await fromToken(options, bearer);
    if (principal === undefined) throw new ByokError('not_authenticated');
    request.principal = principal;
  };
}

function bearerOf({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined;
  const text = authorization.trim();
  // Other schemes (basic authentication of a proxy in front) say nothing about who is asking us.
  return /^bearer( |$)/i.test(text) ? text.slice('bearer'.length).trim() : undefined;
}

async function fromToken({ identityProvider }: AuthenticateOptions, token: string): Promise<Principal | undefined> {
  if (identityProvider === undefined || token === '') return undefined;
  const { userId, email, roles } = await identityProvider.verifyAccessToken(token);
  return { userId, email, roles, via: 'bearer', sessionId: undefined };
}

async function fromCookies(
  options: AuthenticateOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Principal | undefined> {
  const cookie = options.cookies.read(request);
  if (cookie === undefined) return undefined;
  // To clear one of several would leave the browser with the other, which may be a stranger's.
  if (cookie.values.length > 1) return undefined;
  const found = cookie.value === undefined ? undefined : await behind(options, cookie, cookie.value);
  if (found === undefined) options.cookies.clearDead(reply, cookie.name);
  return found === 'nobody' ? undefined : found;
}

/** @returns undefined where there is no session, so that the cookie is good for nothing. */
async function behind(
  options: AuthenticateOptions,
  { of }: SessionCookie,
  token: string,
): Promise<Principal | 'nobody' | undefined> {
  const session = of.ours ? await options.sessions.find(token) : undefined;
  if (session !== undefined) {
    const { userId, email, roles } = session;
    return { userId, email, roles, via: 'session', sessionId: session.id };
  }
  return of.platform ? fromPlatform(options, token) : undefined;
}

async function fromPlatform(options: AuthenticateOptions, token: string): Promise<Principal | 'nobody' | undefined> {
  const { platformSessions, findUserIdByEmail } = options;
  const user = await platformSessions?.find(token);
  if (user === undefined || user === 'nobody') return user;
  const userId = user.userId ?? (user.email === undefined ? undefined : await findUserIdByEmail(user.email));
  // Roles are the identity provider's to give: another program's session grants none.
  return userId === undefined
    ? 'nobody'
    : { userId, email: user.email, roles: [], via: 'platform', sessionId: undefined };
}
