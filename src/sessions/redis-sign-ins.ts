// What replicas share of sign-ins: which have been used, and those that a replica of version 0.1 began, which kept them here.
import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { answerOf, parseStored } from '../redis/redis-connection.ts';
import { type PendingSignIn, SIGN_IN_MS } from './pending-sign-in.ts';

interface EarlierSignIn extends PendingSignIn {
  /** SHA-256 of the secret in the browser's cookie: the callback must come from the same browser. */
  readonly browserHash: string;
}

export interface EarlierSignIns {
  /** Hands a sign-in out once. @throws ByokError `session_store_unavailable`. */
  take(state: string): Promise<EarlierSignIn | undefined>;
}

/** Sign-ins that the identity provider has accepted. Both throw ByokError `session_store_unavailable`. */
export interface UsedSignIns {
  has(state: string): Promise<boolean>;
  add(state: string): Promise<void>;
}

const storedSchema = z.object({
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  browserHash: z.string(),
});

interface RedisSignInsOptions {
  redis: Redis;
  prefix?: string;
}

/** Keys: `{prefix}sign-in:{state}`, JSON, ten minutes. */
export function createRedisEarlierSignIns({ redis, prefix = 'byok:' }: RedisSignInsOptions): EarlierSignIns {
  return {
    async take(state) {
      return parseStored(storedSchema, await answerOf(redis.getdel(`${prefix}sign-in:${state}`)));
    },
  };
}

/** Keys: `{prefix}sign-in-used:{SHA-256 of the state}`, ten minutes. */
export function createRedisUsedSignIns({ redis, prefix = 'byok:' }: RedisSignInsOptions): UsedSignIns {
  const keyOf = (state: string): string => `${prefix}sign-in-used:${hash('sha256', state, 'base64url')}`;
  return {
    has: async (state) => (await answerOf(redis.exists(keyOf(state)))) > 0,
    add: async (state) => void (await answerOf(redis.set(keyOf(state), '1', 'PX', SIGN_IN_MS))),
  };
}
