// Does in Redis what the service does there, under the same names, with a session of nobody that ends at once.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { answerOf } from '../redis/redis-connection.ts';
import { createRedisSessionStore } from '../sessions/redis-session-store.ts';

/** For as long as an end that is lost on its way may stay. */
const LIFE_MS = 10_000;
const COUNT = `
redis.call('INCR', KEYS[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
`;
const NO_SCRIPT = '0'.repeat(40);

/** @throws ByokError `session_store_unavailable` with the words of Redis. */
export async function tryRedisSessions(redis: Redis): Promise<void> {
  const id = `trial-${randomUUID()}`;
  const store = createRedisSessionStore({ redis, idleMs: LIFE_MS, maxMs: LIFE_MS });
  await answerOf(redis.set(`byok:sign-in-used:${id}`, '1', 'PX', LIFE_MS));
  await answerOf(redis.exists(`byok:sign-in-used:${id}`));
  // Of version 0.1, as long as its replicas run beside this one.
  await answerOf(redis.getdel(`byok:sign-in:${id}`));
  await answerOf(redis.get(`session:${id}`));
  await answerOf(redis.eval(COUNT, 1, `byok:limit:${id}`, LIFE_MS));
  // The counters are scripts that are called by their hash first.
  await answerOf(redis.evalsha(NO_SCRIPT, 0).catch(unlessUnknown));
  const nobody = { email: undefined, name: undefined, idToken: undefined, userAgent: undefined };
  const { token } = await store.create({ ...nobody, userId: id, roles: [], providerSessionId: id });
  const found = await store.find(token);
  if (found === undefined) throw new Error('a session that was just stored is not there');
  await store.list(id);
  await store.endAll(id);
}

function unlessUnknown(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
}
