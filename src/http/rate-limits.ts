// Limits a minute: by address for everyone, by user once known, tighter where a key is added or tested.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { ByokError } from '../shared/errors.ts';
import { addressOf, networkOf } from './request-address.ts';

export interface RateLimits {
  readonly perUser: number;
  readonly perAddress: number;
  readonly perUserWrites: number;
  readonly perService: number;
}

/** How long shared counters that failed are left alone. */
const RETRY_SHARED_MS = 5_000;

/**
 * One IPv6 customer has a /64 or a whole /56, and anyone who rents a server a /48: wider networks get as many requests as
 * several of the narrower ones, and not as many as all of them.
 */
const NETWORKS = [
  { bits: 64, times: 1 },
  { bits: 56, times: 4 },
  { bits: 48, times: 16 },
] as const;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;
type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Hooks to put on routes: `address` before authentication, `health` and `logout` on routes that have none, the others
     * after it.
     */
    limits: Record<'address' | 'health' | 'logout' | 'user' | 'add' | 'test' | 'service', Limit>;
  }
  interface FastifyRequest {
    /** Whether this request was counted for its address. */
    addressCounted: boolean;
  }
}

/** @param redis shared counters; where they cannot be read, each replica counts for itself until they can. */
export const rateLimitsPlugin = fp(
  async (app: FastifyInstance, { limits, redis }: { limits: RateLimits; redis: Redis | undefined }) => {
    const local = await limiterFactory(app, undefined);
    const shared = redis === undefined ? undefined : await limiterFactory(app, redis);

    const limiter = (name: string, max: number, subject: (request: FastifyRequest) => string, own = false): Limiter => {
      const options = {
        max,
        timeWindow: 60_000,
        keyGenerator: (request: FastifyRequest) => `${name}:${subject(request)}`,
      };
      const ownCount = local(options);
      return shared === undefined || own ? ownCount : withFallback(shared(options), ownCount);
    };
    const limit = (...of: Parameters<typeof limiter>): Limit => {
      const count = limiter(...of);
      return (request, reply) => count(request).then((result) => enforce(result, reply));
    };
    const byAddress = (request: FastifyRequest): string => networkOf(addressOf(request), NETWORKS[0].bits);
    const byUser = (request: FastifyRequest): string => request.principal?.userId ?? byAddress(request);

    app.decorateRequest('addressCounted', false);
    app.decorate('limits', {
      address: limitNetworks(
        NETWORKS.map(({ bits, times }) =>
          limiter(bits === 64 ? 'address' : `address-${bits}`, limits.perAddress * times, (request) =>
            networkOf(addressOf(request), bits),
          ),
        ),
      ),
      // Never shared: replicas on one machine are asked from one address, and each is to know its own state.
      health: limit('health', limits.perAddress, byAddress, true),
      // All of them come from the identity provider, many at once when somebody signs out everywhere.
      logout: limit('logout', limits.perService, byAddress),
      user: limit('user', limits.perUser, byUser),
      add: limit('add', limits.perUserWrites, byUser),
      test: limit('test', limits.perUserWrites, byUser),
      service: limit('service', limits.perService, (request) => request.caller?.id ?? byAddress(request)),
    });
  },
);

/** The narrowest network first: what is refused there does not use up what its neighbours may ask. */
function limitNetworks([narrowest, ...wider]: readonly Limiter[]): Limit {
  return async (request, reply) => {
    request.addressCounted = true;
    if (narrowest !== undefined) enforce(await narrowest(request), reply);
    if (!addressOf(request).includes(':')) return;
    for (const count of wider) {
      const result = await count(request);
      if (!result.isAllowed && result.isExceeded) enforce(result, reply);
    }
  };
}

/** Each store needs an instance of the plugin of its own, so each is registered in a child. */
async function limiterFactory(
  app: FastifyInstance,
  redis: Redis | undefined,
): Promise<FastifyInstance['createRateLimit']> {
  let create: FastifyInstance['createRateLimit'] | undefined;
  await app.register(async (child) => {
    await child.register(rateLimit, {
      global: false,
      cache: 20_000,
      nameSpace: 'byok:limit:',
      ...(redis === undefined ? {} : { redis }),
    });
    create = child.createRateLimit.bind(child);
  });
  if (create === undefined) throw new TypeError('the rate limit plugin did not load');
  return create;
}

/** The second limiter answers while the first cannot, and for a while after, so that requests do not all wait for it. */
function withFallback(first: Limiter, second: Limiter): Limiter {
  let awayUntil = Number.NEGATIVE_INFINITY;
  return async (request) => {
    if (performance.now() < awayUntil) return second(request);
    try {
      return await first(request);
    } catch {
      awayUntil = performance.now() + RETRY_SHARED_MS;
      return second(request);
    }
  };
}

function enforce(result: Awaited<ReturnType<Limiter>>, reply: FastifyReply): void {
  if (result.isAllowed) return;
  reply.header('ratelimit-limit', result.max);
  reply.header('ratelimit-remaining', result.remaining);
  reply.header('ratelimit-reset', result.ttlInSeconds);
  if (!result.isExceeded) return;
  const seconds = Math.max(1, result.ttlInSeconds);
  throw new ByokError('rate_limited', { detail: `Too many requests. Try again in ${seconds} s.`, retryAfter: seconds });
}
