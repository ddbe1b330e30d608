// Writes of commands that the running services hear of, where they have a Redis: else they remember the account for some minutes.
import type { Core } from '../app/core.ts';
import type { Config } from '../config/config.ts';
import { createRedisConnection } from '../redis/redis-connection.ts';
import { ALONE } from '../replicas/invalidation.ts';
import { createRedisInvalidation } from '../replicas/redis-invalidation.ts';
import { createTiers } from '../users/tiers.ts';
import { createUserCache } from '../users/user-cache.ts';
import { createViewUser } from '../users/user-view.ts';
import { createUserWrites, type UserWrites } from '../users/user-writes.ts';

export function openWrites(config: Config, { directory, vault }: Core): UserWrites & AsyncDisposable {
  const redis = config.redisUrl === undefined ? undefined : createRedisConnection({ url: config.redisUrl });
  const invalidation = redis === undefined ? ALONE : createRedisInvalidation({ redis: redis.client });
  const viewUser = createViewUser({ vault, tiers: createTiers(config.tierRanks) });
  const cache = createUserCache({ directory, viewUser, ...config.cache, fresh: invalidation.fresh });
  return {
    ...createUserWrites({ cache, invalidation }),
    async [Symbol.asyncDispose]() {
      await invalidation.close();
      await redis?.close();
    },
  };
}
