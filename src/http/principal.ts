// Who is asking: decided by a session or a token, never by anything else in the request.
import type { FastifyRequest } from 'fastify';
import { ByokError } from '../shared/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking. Set by the hook that authenticates; undefined on public routes. */
    principal: Principal | undefined;
  }
}

export interface Principal {
  readonly userId: string;
  readonly email: string | undefined;
  readonly roles: readonly string[];
  /** `session`: a session of ours. `platform`: one of the ops-center back end. `bearer`: an access token. */
  readonly via: 'session' | 'platform' | 'bearer';
  /** Public handle of the session. Set where `via` is `session`. */
  readonly sessionId: string | undefined;
}

/** The client role of people who administer. */
const ADMIN_ROLE = 'byok-admin';

/** @returns the principal of a route that demands one. @throws ByokError `not_authenticated`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new ByokError('not_authenticated');
  return request.principal;
}

export const isAdmin = ({ roles }: Pick<Principal, 'roles'>): boolean => roles.includes(ADMIN_ROLE);

/** A hook for routes of administrators. Roles are those of the sign-in, or of the access token. @throws ByokError `admin_required`. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!isAdmin(principalOf(request))) throw new ByokError('admin_required');
}
