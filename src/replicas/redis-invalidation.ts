// Tells the other replicas over Redis which users are being written, and keeps the lease that says whether this one has
// heard everything. Redis delivers what is published in one order to each connection; so one Redis, not a cluster.
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { answerOf, duplicateConnection } from '../redis/redis-connection.ts';
import { createStopWatch, STOPPED_MS, type StopWatch } from '../redis/stop-watch.ts';
import { ByokError } from '../shared/errors.ts';
import { createPeriodic } from '../shared/periodic.ts';
import { answerWithin } from '../shared/timeouts.ts';
import { createFreshnessLease } from './freshness-lease.ts';
import type { Invalidation, InvalidationListener } from './invalidation.ts';

interface RedisInvalidationOptions {
  /** The connection for commands. Another one is made from it, to listen. */
  readonly redis: Redis;
  /** Of beats, every `BEAT_MS`: driven from here, for others to ask. */
  readonly stopWatch?: StopWatch;
  /** Told when memory has been of no use for some seconds, and when it is of use (again). */
  readonly onLost?: () => void;
  readonly onRestored?: () => void;
  /** Told when this process goes on after it was stopped for so long. Memory is of no use until `onRestored` or `onLost`. */
  readonly onStopped?: (ms: number) => void;
}

const CHANNEL = 'byok:users';
export const BEAT_MS = 250;
/** How old memory may be without being in step. With the time that an answer takes, others see a write within a second. */
const LEASE_MS = 900;
/** Without a lease for this long, something is wrong: a process that is busy for a moment is not worth a line in the log. */
const NOTE_MS = 5_000;
/** Longest wait for the first beat at the start. */
const START_MS = 2_000;

const messageShape = z.object({
  from: z.string(),
  kind: z.enum(['begin', 'end']),
  user: z.string(),
  /** Which write begins or ends. */
  write: z.string().optional(),
});
type Message = z.input<typeof messageShape>;

export function createRedisInvalidation(options: RedisInvalidationOptions): Invalidation {
  const { redis, onLost = () => undefined, onRestored = () => undefined, onStopped = () => undefined } = options;
  const { stopWatch = createStopWatch({ everyMs: BEAT_MS }) } = options;
  const origin = randomBytes(9).toString('base64url');
  const beats = `byok:beat:${origin}`;
  const lease = createFreshnessLease({ leaseMs: LEASE_MS });
  const ears = duplicateConnection(redis, { autoResubscribe: false, lazyConnect: true, commandTimeout: 2_000 });
  const firstBeat = Promise.withResolvers<void>();
  let listener: InvalidationListener | undefined;
  let listening = false;
  let isOut = true;
  let wasStopped = false;
  let outSince = performance.now();
  let problem: unknown;
  const failed = (error: unknown): void => {
    problem = error;
  };

  const beat = (): void => {
    note();
    if (listening) redis.publish(beats, String(lease.send())).catch(failed);
  };
  const turn = (): void => {
    const lateMs = stopWatch.lateMs();
    if (lateMs > STOPPED_MS) {
      // Nothing can be heard by a process that is stopped: that is no fault of Redis.
      outSince += lateMs;
      wasStopped = true;
      onStopped(lateMs);
    }
    beat();
  };
  const beating = createPeriodic({ run: turn, rhythm: { everyMs: BEAT_MS } });
  /** Says so once when the lease has been gone for a while, and once when it is back. */
  const note = (): void => {
    if (lease.isLive()) {
      outSince = performance.now();
      if (isOut || wasStopped) onRestored();
      isOut = false;
      wasStopped = false;
    } else if (performance.now() - outSince > NOTE_MS) {
      if (!isOut) onLost();
      isOut = true;
      wasStopped = false;
      // Whoever only listens never learns that the other end is gone: try another connection.
      outSince = performance.now();
      if (listening) ears.disconnect(true);
    }
  };
  const lose = (): void => {
    listening = false;
    lease.lose();
  };
  const listen = async (): Promise<void> => {
    await ears.subscribe(CHANNEL, beats);
    // What was published since the connection was lost has not come here.
    listener?.clear();
    listening = true;
    beat();
  };
  const hear = (channel: string, message: string): void => {
    if (channel === beats) {
      lease.receive(Number(message));
      problem = undefined;
      firstBeat.resolve();
      return;
    }
    const told = messageShape.safeParse(parse(message)).data;
    if (told === undefined || told.from === origin) return;
    const { kind, user, write } = told;
    if (kind === 'begin' && write !== undefined) listener?.hold(user, write);
    else listener?.invalidate(user, write);
  };
  // Not ready is not lost for good: ioredis connects again by itself.
  ears.on('ready', () =>
    listen().catch((error: unknown) => {
      failed(error);
      ears.disconnect(true);
    }),
  );
  ears.on('close', lose);
  ears.on('error', failed);
  ears.on('message', hear);

  const tell = (kind: Message['kind'], user: string, write: string | undefined): Promise<number> =>
    answerOf(redis.publish(CHANNEL, JSON.stringify({ from: origin, kind, user, write } satisfies Message)));

  return {
    fresh: lease.isLive,
    problem() {
      if (lease.isLive()) return undefined;
      if (wasStopped) return new Error('this process was stopped, and has not heard enough since');
      return problem ?? new Error('what was published is not heard');
    },
    async start(whom) {
      listener = whom;
      stopWatch.start();
      beating.start();
      ears.connect().catch(() => undefined);
      await answerWithin(START_MS, () => firstBeat.promise);
    },
    async announce(user, write) {
      try {
        await tell('begin', user, write);
      } catch (error) {
        throw new ByokError('session_store_unavailable', {
          detail: 'The other replicas cannot be told of changes right now, so nothing is changed. Try again shortly.',
          reason: `a change was refused because the other replicas could not be told: ${error instanceof Error ? error.message : 'unknown'}`,
        });
      }
    },
    written: (user, write) =>
      tell('end', user, write).then(
        () => undefined,
        () => undefined,
      ),
    async close() {
      void beating.stop();
      lose();
      ears.disconnect();
    },
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
