// The one connection to Redis: bounded in time, fails fast while Redis is away, comes back by itself.
import { Redis } from 'ioredis';
import type { z } from 'zod';
import { ByokError } from '../shared/errors.ts';

interface RedisConnectionOptions {
  /** `redis://` or `rediss://`. */
  url: string;
  /** Called once when the connection is lost, and once when it is back; never with the address. */
  onLost?: (reason: string) => void;
  onRestored?: () => void;
  /** Longest wait for one command, connecting included. */
  timeoutMs?: number;
}

export interface RedisConnection extends AsyncDisposable {
  readonly client: Redis;
  /** @throws ByokError `session_store_unavailable` where Redis does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, onLost, onRestored, timeoutMs = 2000 } = options;
  const client = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    // A peer that is gone without a word: give the connection up instead of waiting for TCP to notice.
    socketTimeout: timeoutMs * 2,
    // A command waits for one attempt to reconnect, half a second away at most, and fails with it.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt - 1, 4), 500),
    // A write that may or may not have happened is reported, not repeated behind the caller's back.
    autoResendUnfulfilledCommands: false,
    // After a failover the old primary answers READONLY: connect again and find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  let lost = false;
  client.on('error', (error: Error) => {
    if (!lost) onLost?.(brief(error));
    lost = true;
  });
  client.on('ready', () => {
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
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * What Redis answers, or ByokError `session_store_unavailable`.
 * The cause is not passed on: errors of ioredis carry the command's arguments, and those are session data.
 */
export async function answerOf<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw new ByokError('session_store_unavailable', { reason: `Redis: ${brief(error)}` });
  }
}

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
