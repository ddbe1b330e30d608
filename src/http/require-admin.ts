// A hook for routes of administrators: people with the client role `byok-admin`.
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../sessions/authenticate-hook.ts';
import { ByokError } from '../shared/errors.ts';
import type { Principal } from './principal.ts';

const ADMIN_ROLE = 'byok-admin';

export const isAdmin = ({ roles }: Pick<Principal, 'roles'>): boolean => roles.includes(ADMIN_ROLE);

/** Runs after authentication. Roles are those of the sign-in, or of the access token. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!isAdmin(principalOf(request))) throw new ByokError('admin_required');
}
