// A hook for routes that do not read the user themselves: who was deleted or disabled since the sign-in is refused.
import type { FastifyRequest } from 'fastify';
import type { DescribeUser } from '../sessions/auth-schemas.ts';
import { principalOf } from '../sessions/authenticate-hook.ts';
import { ByokError } from '../shared/errors.ts';

/** Runs after authentication. It throws `directory_unavailable` where nobody can say. */
export const createRequireAccount = (describeUser: DescribeUser) => async (request: FastifyRequest) => {
  const user = await describeUser(principalOf(request).userId);
  if (user === undefined) throw new ByokError('not_authenticated', { reason: 'the session’s user does not exist' });
  if (!user.enabled) throw new ByokError('account_disabled');
};
