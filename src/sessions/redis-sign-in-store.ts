// Pending sign-ins in Redis, so that any replica can take the callback.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { answerOf, parseStored } from '../redis/redis-connection.ts';
import { SIGN_IN_MS, type SignInStore } from './sign-in-store.ts';

interface RedisSignInStoreOptions {
  redis: Redis;
  prefix?: string;
  ttlMs?: number;
}

const storedSchema = z.object({
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  browserHash: z.string(),
});

/** Keys: `{prefix}sign-in:{state}`, JSON, ten minutes. */
export function createRedisSignInStore({
  redis,
  prefix = 'byok:',
  ttlMs = SIGN_IN_MS,
}: RedisSignInStoreOptions): SignInStore {
  const keyOf = (state: string): string => `${prefix}sign-in:${state}`;
  return {
    async keep(state, signIn) {
      await answerOf(redis.set(keyOf(state), JSON.stringify(signIn), 'PX', ttlMs));
    },
    async take(state) {
      return parseStored(storedSchema, await answerOf(redis.getdel(keyOf(state))));
    },
  };
}
