// What a feature puts on the service's ports, by who may call it. A scope decides who gets through before any route is asked.
import type { FastifyInstance } from 'fastify';
import type { ServiceScope } from '../shared/service-scopes.ts';

/** Where the calls of people, administrators and services begin. Pages, sign-in and health are at the root. */
export const API_PREFIX = '/api/v1/byok';

export type Routes = (scope: FastifyInstance) => PromiseLike<unknown>;

export interface Feature {
  /** Anybody, limited by address. */
  readonly open?: Routes;
  /** Anybody; the routes count for themselves whom they refuse. */
  readonly unlimited?: Routes;
  /** Signed-in people. The routes read the user themselves, and refuse one who was deleted or disabled since. */
  readonly people?: Routes;
  /** Signed-in people who are still there and enabled. */
  readonly accounts?: Routes;
  /** Administrators. */
  readonly admins?: Routes;
  /** Services that have the scope: on a port of their own where they have one, and only there. */
  readonly services?: { readonly [scope in ServiceScope]?: Routes };
}
