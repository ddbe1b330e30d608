// A hook for routes that do not read the user themselves: who was deleted or disabled since the sign-in is refused.
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/principal.ts';
import { type DescribeUser, usableUser } from './usable-user.ts';

/** Runs after authentication. It throws `directory_unavailable` where nobody can say. */
export const createRequireAccount = (describeUser: DescribeUser) => async (request: FastifyRequest) => {
  usableUser(await describeUser(principalOf(request).userId));
};
