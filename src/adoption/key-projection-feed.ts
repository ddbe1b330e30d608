// Brings what writes have changed into the projection, beside the writes: none of them waits for it or fails with it.
import { answerWithin } from '../shared/timeouts.ts';
import type { KeyProjection, ProjectedKey } from './key-projection.ts';

export interface KeyProjectionFeed {
  /** Takes what the user's keys are now. Of several in a row the last one counts. */
  put(userId: string, keys: readonly ProjectedKey[]): void;
  /** Resolves when everything taken so far has been written, or could not be. */
  settled(): Promise<void>;
  /** Writes what still waits, for five seconds at most. Idempotent. */
  close(): Promise<void>;
}

interface FeedOptions {
  readonly projection: Pick<KeyProjection, 'replace'>;
  /** Told of each failure; nothing more is tried for `retryMs` then. */
  readonly onProblem: (error: unknown) => void;
  readonly retryMs?: number;
  /** Users that may wait; beyond, the oldest is left to `byok reconcile`. */
  readonly maxWaiting?: number;
}

const RETRY_MS = 10_000;
const MAX_WAITING = 10_000;
const CLOSE_MS = 5_000;

export function createKeyProjectionFeed(options: FeedOptions): KeyProjectionFeed {
  const { projection, onProblem, retryMs = RETRY_MS, maxWaiting = MAX_WAITING } = options;
  const waiting = new Map<string, readonly ProjectedKey[]>();
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const drain = async (): Promise<void> => {
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [userId, keys] = next.value;
      waiting.delete(userId);
      try {
        await projection.replace(userId, keys);
      } catch (error) {
        // What has come meanwhile is newer.
        if (!waiting.has(userId)) waiting.set(userId, keys);
        onProblem(error);
        retryLater();
        break;
      }
    }
    // In the same step in which nothing was found to wait, so that nobody's turn is missed.
    running = undefined;
  };

  const start = (): void => {
    if (waiting.size > 0) running ??= drain();
  };

  const retryLater = (): void => {
    if (closed) return;
    retry = setTimeout(() => {
      retry = undefined;
      start();
    }, retryMs);
    retry.unref();
  };

  return {
    put(userId, keys) {
      waiting.set(userId, keys);
      const [oldest] = waiting.size > maxWaiting ? waiting.keys() : [];
      if (oldest !== undefined) waiting.delete(oldest);
      // After a failure the database gets its time.
      if (retry === undefined) start();
    },
    settled: () => running ?? Promise.resolve(),
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(retry);
      start();
      await answerWithin(CLOSE_MS, async () => running);
    },
  };
}
