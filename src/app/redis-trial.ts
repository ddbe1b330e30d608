// Whether Redis does what the service needs of it: sessions, scripts, and messages that come back.
import { type RedisConnection, redisMode } from '../redis/redis-connection.ts';
import { redisFault } from '../redis/redis-fault.ts';
import type { Invalidation } from '../replicas/invalidation.ts';
import { tryRedisSessions } from './redis-session-trial.ts';

/** Leaves nothing behind. @throws Error with the words of Redis, for `redisFault`. */
export async function tryRedis(
  connection: RedisConnection,
  { fresh, problem }: Pick<Invalidation, 'fresh' | 'problem'>,
): Promise<void> {
  try {
    await tryRedisSessions(connection.client);
  } catch (error) {
    const { word } = redisFault(error);
    // Why there is no connection says more than that there is none.
    if (word === 'no_answer') throw connection.problem() ?? error;
    if (word === 'lacks_commands') throw new Error((await redisMode(connection.client)) ?? String(error));
    throw error;
  }
  if (!fresh()) throw problem();
}
