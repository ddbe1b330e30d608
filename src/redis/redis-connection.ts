// The one connection to Redis: bounded in time, fails fast while Redis is away, comes back by itself.
import { Redis, type RedisOptions } from 'ioredis';
import type { z } from 'zod';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { type LiveText, textOf } from '../shared/live-text.ts';
import { redisFault } from './redis-fault.ts';
import { parseRedisUrl, REDIS_URL_EXAMPLES } from './redis-url.ts';

interface RedisConnectionOptions {
  /** As in REDIS_URL. */
  url: LiveText;
  /** Called once when the connection is lost, and once when it is back; never with the address. */
  onLost?: (reason: string) => void;
  onRestored?: () => void;
  /** Longest wait for one command, connecting included. */
  timeoutMs?: number;
  /** Whether this process stood still until just now, so that a limit of time which has run out says nothing of Redis. */
  hasJustStopped?: () => boolean;
}

export interface RedisConnection extends AsyncDisposable {
  readonly client: Redis;
  /** @throws ByokError `session_store_unavailable` where Redis does not answer. */
  check(): Promise<void>;
  /** Why there is no connection, in the words of Redis; undefined while there is one. */
  problem(): Error | undefined;
  close(): Promise<void>;
}

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, onLost, onRestored, timeoutMs = 2000, hasJustStopped = () => false } = options;
  const client = open(textOf(url), timeoutMs);
  let problem: Error | undefined;
  followAddress(client, url);
  let lost = false;
  client.on('error', (error: Error) => {
    problem = error;
    // Where this process was stopped with a command under way, the next attempt says whether Redis is there.
    const isOwnDelay = /timeout/i.test(error.message) && hasJustStopped();
    if (!lost && !isOwnDelay) {
      lost = true;
      onLost?.(brief(error));
    }
    // ioredis would go on in database 0, which is somebody else's.
    if (isRefusedSelect(error)) client.disconnect(true);
  });
  client.on('ready', () => {
    problem = undefined;
    if (lost) onRestored?.();
    lost = false;
  });
  const close = async (): Promise<void> => {
    if (client.status === 'ready') await client.quit().catch(() => undefined);
    client.disconnect();
  };
  return {
    client,
    check: async () => {
      await answerOf(client.ping());
    },
    problem: () => problem,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function open(url: string, timeoutMs: number): Redis {
  const settings = {
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    // A peer that is gone without a word: give the connection up instead of waiting for TCP to notice.
    socketTimeout: timeoutMs * 2,
    // A command waits for one attempt to reconnect, half a second away at most, and fails with it.
    maxRetriesPerRequest: 0,
    retryStrategy: pauseBefore,
    // A write that may or may not have happened is reported, not repeated behind the caller's back.
    autoResendUnfulfilledCommands: false,
    // After a failover the old primary answers READONLY: connect again and find the new one.
    reconnectOnError: (error: Error) => error.message.includes('READONLY'),
    // Without it no Sentinel that answers would be the end for good.
    sentinelRetryStrategy: pauseBefore,
    sentinelCommandTimeout: timeoutMs,
    // They say when another one is the primary, also where the old one hangs.
    failoverDetector: true,
  } satisfies RedisOptions;
  const address = parseRedisUrl(url);
  if (address === undefined) throw new StartupProblem(`REDIS_URL must be an address such as ${REDIS_URL_EXAMPLES}.`);
  return typeof address === 'string' ? new Redis(address, settings) : new Redis({ ...address, ...settings });
}

/** Milliseconds before an attempt to connect. */
const pauseBefore = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt - 1, 4), 500);

const isRefusedSelect = (error: Error): boolean =>
  'command' in error && (error.command as { name?: unknown } | undefined)?.name === 'select';

/** Each new connection takes the user and password as they are then: after a reload, others. */
function followAddress(client: Redis, url: LiveText): void {
  const part = (name: 'username' | 'password'): string | undefined => {
    const address = parseRedisUrl(textOf(url));
    return typeof address === 'string' ? decodeURIComponent(new URL(address)[name]) || undefined : address?.[name];
  };
  Object.defineProperties(client.options, {
    username: { get: () => part('username'), enumerable: true },
    password: { get: () => part('password'), enumerable: true },
  });
}

/** Another connection to the same Redis, which signs in as the first one would now. */
export function duplicateConnection(client: Redis, options: Parameters<Redis['duplicate']>[0]): Redis {
  const copy = client.duplicate(options);
  Object.defineProperties(copy.options, {
    username: { get: () => client.options.username, enumerable: true },
    password: { get: () => client.options.password, enumerable: true },
  });
  return copy;
}

/**
 * What Redis answers, or ByokError `session_store_unavailable`.
 * The cause is not passed on: errors of ioredis carry the command's arguments, and those are session data.
 */
export async function answerOf<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    const lasting = redisFault(error).lasting ? MISCONFIGURED : {};
    throw new ByokError('session_store_unavailable', { reason: `Redis: ${brief(error)}`, ...lasting });
  }
}

/** For what will not pass by itself: nobody is told to try again shortly. */
const MISCONFIGURED = {
  detail:
    'Redis refuses what the service needs of it. You are not signed out. An administrator must run `byok doctor`.',
  retryAfter: 60,
};

function brief(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return (error.message || code || error.name).slice(0, 200);
}

/**
 * Reads JSON that is kept in Redis, where an older version or another program may have written it.
 * @returns what the text holds; undefined where there is none or it is not of the schema's shape.
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `redis_mode:sentinel` and the like, as the server says of itself; undefined where it does not say. */
export async function redisMode(client: Redis): Promise<string | undefined> {
  const about = await client.info('server').catch(() => '');
  return /^redis_mode:(?:sentinel|cluster)/m.exec(about)?.[0];
}
