// Sessions in Redis, shared by every replica. One round trip to read; expiry is Redis's own.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { hashOfToken, newToken, sessionIdOf } from '../crypto/secret-token.ts';
import { answerOf, parseStored } from '../redis/redis-connection.ts';
import { ByokError } from '../shared/errors.ts';
import { CREATE, END, END_ALL, END_BY_PROVIDER_SESSION, TOUCH } from './redis-session-scripts.ts';
import {
  ENDED_PROVIDER_SESSION_MS,
  needsTouch,
  SESSIONS_PER_USER,
  type SessionLifetime,
  timeLeft,
} from './session-lifetime.ts';
import type { Session, SessionStore } from './session-store.ts';

interface RedisSessionStoreOptions extends SessionLifetime {
  /** Closing the store leaves the connection open: it is its maker's to close. */
  redis: Redis;
  prefix?: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** What is kept as JSON in the session's hash, beside `userId`, `providerSessionId` and `lastSeenAt`. */
const storedSchema = z.object({
  userId: z.string(),
  email: z.string().optional(),
  name: z.string().optional(),
  roles: z.array(z.string()),
  createdAt: z.number(),
  providerSessionId: z.string().optional(),
  idToken: z.string().optional(),
  userAgent: z.string().optional(),
});

export function createRedisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { redis, prefix = 'byok:', now = Date.now } = options;
  const keyOf = (hash: string): string => `${prefix}session:${hash}`;

  const read = async (hash: string): Promise<Session | undefined> => {
    const [data, lastSeenAt] = await answerOf(redis.hmget(keyOf(hash), 'data', 'lastSeenAt'));
    const session = parseSession(hash, data, lastSeenAt);
    return session !== undefined && timeLeft(session, options, now()) > 0 ? session : undefined;
  };
  const hashesOf = (userId: string): Promise<string[]> =>
    answerOf(redis.zrevrange(`${prefix}user-sessions:${userId}`, 0, -1));
  const run = async (script: string, ...args: (string | number)[]): Promise<number> =>
    Number(await answerOf(redis.eval(script, 0, prefix, ...args)));

  return {
    async create(fields) {
      const token = newToken();
      const hash = hashOfToken(token) ?? '';
      const createdAt = now();
      const { idleMs, maxMs } = options;
      const { userId, providerSessionId = '' } = fields;
      const data = JSON.stringify({ ...fields, createdAt });
      const created = await run(
        CREATE,
        hash,
        userId,
        providerSessionId,
        data,
        createdAt,
        idleMs,
        maxMs,
        SESSIONS_PER_USER,
      );
      if (created === 0) {
        throw new ByokError('sign_in_failed', { reason: 'the session at the identity provider has just been ended' });
      }
      return { token, session: { ...fields, id: sessionIdOf(hash), createdAt, lastSeenAt: createdAt } };
    },
    async find(token) {
      const hash = hashOfToken(token);
      const session = hash === undefined ? undefined : await read(hash);
      if (hash === undefined || session === undefined || !needsTouch(session, options, now())) return session;
      const touched = { ...session, lastSeenAt: now() };
      const left = Math.ceil(timeLeft(touched, options, now()));
      await answerOf(redis.eval(TOUCH, 1, keyOf(hash), touched.lastSeenAt, left));
      return touched;
    },
    async list(userId) {
      const sessions = await Promise.all((await hashesOf(userId)).map(read));
      return sessions.filter((session) => session !== undefined);
    },
    async end(userId, sessionId) {
      const hash = (await hashesOf(userId)).find((candidate) => sessionIdOf(candidate) === sessionId);
      return hash !== undefined && (await run(END, hash)) === 1;
    },
    endAll: (userId) => run(END_ALL, userId),
    endByProviderSession: (sid) => run(END_BY_PROVIDER_SESSION, sid, ENDED_PROVIDER_SESSION_MS),
    async close() {},
  };
}

function parseSession(
  hash: string,
  data: string | null | undefined,
  lastSeenAt: string | null | undefined,
): Session | undefined {
  const stored = parseStored(storedSchema, data);
  if (stored === undefined || typeof lastSeenAt !== 'string') return undefined;
  return {
    id: sessionIdOf(hash),
    userId: stored.userId,
    email: stored.email,
    name: stored.name,
    roles: stored.roles,
    createdAt: stored.createdAt,
    lastSeenAt: Number(lastSeenAt),
    providerSessionId: stored.providerSessionId,
    idToken: stored.idToken,
    userAgent: stored.userAgent,
  };
}
