// A hook for routes of administrators: people with the client role `byok-admin`.
import type { FastifyRequest } from 'fastify';
import { ByokError } from '../domain/errors.ts';
import { principalOf } from './authenticate.ts';

const ADMIN_ROLE = 'byok-admin';

/** Runs after authentication. Roles are those of the sign-in, or of the access token. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!principalOf(request).roles.includes(ADMIN_ROLE)) throw new ByokError('admin_required');
}
