// The ops-center back end's sessions: `session:<cookie value>` → JSON `{"user": {"email", "sub", …}, …}`, 2 h.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { answerOf, parseStored } from '../redis/redis-connection.ts';
import type { PlatformSessions } from './platform-sessions.ts';

const MAX_TOKEN_LENGTH = 512;

// An empty name counts as none; one that cannot be anybody's makes the whole session nobody's, rather than somebody
// else's by the other name.
const text = z
  .string()
  .trim()
  .max(320)
  .nullish()
  .transform((value) => value || undefined);
const storedSchema = z.object({ user: z.object({ sub: text, email: text }) });

export function createRedisPlatformSessions({ redis }: { redis: Redis }): PlatformSessions {
  return {
    async find(token) {
      if (token === '' || token.length > MAX_TOKEN_LENGTH) return undefined;
      const text = await answerOf(stringAt(redis, `session:${token}`));
      if (text === null) return undefined;
      const { sub: userId, email } = parseStored(storedSchema, text)?.user ?? {};
      return userId === undefined && email === undefined ? 'nobody' : { userId, email };
    },
  };
}

/** Another program's keys: a key of another type than string is not one of its sessions. */
async function stringAt(redis: Redis, key: string): Promise<string | null> {
  try {
    return await redis.get(key);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null;
    throw error;
  }
}
