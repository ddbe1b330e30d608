// How much a request may bring, and how long it may take. A route that needs other limits than the rest says so where it is
// declared: `bodyLimit`, which is Fastify's own, and `config.limits`.
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { ByokError } from '../shared/errors.ts';

export interface RouteLimits {
  /** Milliseconds that the connection may be silent, in both directions, while a request of this route is under way. */
  readonly idleMs?: number;
  /** What its body is called in the message about its size. */
  readonly bodyName?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    limits?: RouteLimits;
  }
}

/**
 * What counts for every route, as options of the server: slow or silent clients are cut off instead of holding a socket.
 *
 * Node knows `requestTimeout` for a whole server only. A route whose bodies may take longer to arrive needs a higher one here,
 * and a hook that holds the other routes to this one.
 */
export const DEFAULT_LIMITS = {
  /** Bytes of a body. */
  bodyLimit: 64 * 1024,
  /** Milliseconds in which a request must have arrived, head and body. */
  requestTimeout: 30_000,
  /** Milliseconds that a connection may be silent, in both directions. */
  connectionTimeout: 60_000,
  /** Milliseconds that a connection is kept after a response, for the next request. */
  keepAliveTimeout: 10_000,
} as const;

/** What counts as well, as options of Node's own server. */
export const NODE_LIMITS = {
  /** Milliseconds in which the head must have arrived. Node takes the longer of the two times for the whole request. */
  headersTimeout: DEFAULT_LIMITS.requestTimeout,
  /** Milliseconds between two looks at who has exceeded these times: so much later they are cut off. */
  connectionsCheckingInterval: 1_000,
  /** Milliseconds in which TLS must have been agreed on; before that Node's other times do not count. */
  handshakeTimeout: 10_000,
} as const;

/** Gives routes the time limits that they declare. Install before the routes. */
export function installRouteLimits(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const idleMs = route.config?.limits?.idleMs;
    if (idleMs !== undefined) route.onRequest = [limitIdle(idleMs), ...[route.onRequest ?? []].flat()];
  });

  const limitIdle =
    (idleMs: number) =>
    ({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, done: HookHandlerDoneFunction): void => {
      // An injected request has no connection.
      if (socket instanceof Socket) {
        raw.setTimeout(idleMs);
        // Before Node's own listener, which begins the wait for the next request or lets one that was sent ahead take over.
        raw.prependOnceListener('finish', () => raw.setTimeout(app.server.timeout));
      }
      done();
    };
}

/** The catalogue's message names the limit of most routes, this one the limit of the request's own. */
export function bodyTooLarge({ routeOptions }: FastifyRequest, cause: Error): ByokError {
  const { bodyLimit, config } = routeOptions;
  const name = config.limits?.bodyName ?? 'request body';
  return new ByokError('body_too_large', {
    detail: `The ${name} is too large; ${inUnits(bodyLimit)} is the limit.`,
    cause,
  });
}

function inUnits(bytes: number): string {
  const units = [[1024 ** 2, 'MiB'] as const, [1024, 'KiB'] as const];
  const [size, name] = units.find(([unit]) => bytes % unit === 0) ?? [1, 'bytes'];
  return `${bytes / size} ${name}`;
}
