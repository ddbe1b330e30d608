// The tier guard: an early look, as a hook on the routes that store keys. It holds nothing; the section of the change decides.
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/principal.ts';
import { onlyTurnsOff } from './key-changes.ts';
import type { KeyService } from './key-service.ts';

/** Runs once the body is read and valid. @throws ByokError `tier_required`. */
export const createTierGuard =
  (keys: Pick<KeyService, 'assertMayStore'>) =>
  async (request: FastifyRequest): Promise<void> => {
    if (request.method === 'PATCH' && onlyTurnsOff(request.body as object)) return;
    await keys.assertMayStore(principalOf(request).userId);
  };
