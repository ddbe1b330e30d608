// The tier guard: a hook on the routes that store keys. It opens the user's write section, so that the read which it
// decides upon is the read which the write merges into.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { principalOf } from '../http/principal.ts';
import { ByokError } from '../shared/errors.ts';
import type { UserSection } from '../users/user-directory.ts';
import type { KeyService } from './key-service.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The user's write section, from the tier guard to the handler that takes it. */
    section: UserSection | undefined;
  }
}

/** @returns the hook for routes whose handler then works inside `withGuarded`. */
export function installTierGuard(app: FastifyInstance, keys: Pick<KeyService, 'openSection' | 'requireTier'>) {
  app.decorateRequest('section', undefined);
  // A section that no handler took (refused, or the client has left) is given back here.
  app.addHook('onResponse', (request, _reply, done) => {
    request.section?.close();
    done();
  });
  return async (request: FastifyRequest): Promise<void> => {
    const section = await keys.openSection(principalOf(request).userId);
    request.section = section;
    if (!onlyTurnsOff(request)) keys.requireTier(section);
  };
}

/** Turning a key off is always allowed: it protects its owner. */
function onlyTurnsOff(request: FastifyRequest): boolean {
  const { body } = request;
  return (
    request.method === 'PATCH' &&
    typeof body === 'object' &&
    body !== null &&
    Object.keys(body).length === 1 &&
    'enabled' in body &&
    body.enabled === false
  );
}

/** Takes the section that the guard has opened, and closes it. */
export async function withGuarded<T>(
  request: FastifyRequest,
  action: (section: UserSection) => Promise<T>,
): Promise<T> {
  const { section } = request;
  request.section = undefined;
  if (section === undefined) throw new ByokError('internal', { reason: 'the tier guard did not run' });
  try {
    return await action(section);
  } finally {
    section.close();
  }
}
