// Limits a minute: by address for everyone, by user once known, tighter where a key is added or tested.
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { ByokError } from '../shared/errors.ts';

export interface RateLimits {
  readonly perUser: number;
  readonly perAddress: number;
  readonly perUserWrites: number;
  readonly perService: number;
}

/** How long shared counters that failed are left alone. */
const RETRY_SHARED_MS = 5_000;

const IPV6_SUBNET = 64;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;
type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Hooks to put on routes: `address` before authentication, the others after it. */
    limits: { address: Limit; user: Limit; add: Limit; test: Limit; service: Limit };
  }
}

/** @param redis shared counters; where they cannot be read, each replica counts for itself until they can. */
export const rateLimitsPlugin = fp(
  async (app: FastifyInstance, { limits, redis }: { limits: RateLimits; redis: Redis | undefined }) => {
    const local = await limiterFactory(app, undefined);
    const shared = redis === undefined ? undefined : await limiterFactory(app, redis);

    const limit = (name: string, max: number, subject: (request: FastifyRequest) => string): Limit => {
      const options = {
        max,
        timeWindow: 60_000,
        keyGenerator: (request: FastifyRequest) => `${name}:${subject(request)}`,
      };
      const ownCount = local(options);
      const count = shared === undefined ? ownCount : withFallback(shared(options), ownCount);
      return (request, reply) => count(request).then((result) => enforce(result, reply));
    };
    // One IPv6 customer has a whole /64: counted as one, whatever the spelling; IPv4 in IPv6 clothes as IPv4.
    const byAddress = (request: FastifyRequest): string => subnetOf(request.ip);
    const byUser = (request: FastifyRequest): string => request.principal?.userId ?? byAddress(request);

    app.decorate('limits', {
      address: limit('address', limits.perAddress, byAddress),
      user: limit('user', limits.perUser, byUser),
      add: limit('add', limits.perUserWrites, byUser),
      test: limit('test', limits.perUserWrites, byUser),
      service: limit('service', limits.perService, (request) => request.caller?.id ?? byAddress(request)),
    });
  },
);

const subnetOf = (ip: string): string => (ip.includes(':') ? normalizeIP(ip, IPV6_SUBNET) : ip);

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
