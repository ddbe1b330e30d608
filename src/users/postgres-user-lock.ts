// Turns at writing a user across replicas: a queue in this process, and behind it a PostgreSQL advisory lock for the first of it.
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { databaseReason, errorCode } from '../database/database-statements.ts';
import { createPostgresPool, type WarningLog } from '../database/postgres-pool.ts';
import { ByokError } from '../shared/errors.ts';
import { answerWithin, within } from '../shared/timeouts.ts';
import { createMemoryUserLock, tooLong } from './memory-user-lock.ts';
import { type Ask, createPostgresWriteIntents } from './postgres-write-intents.ts';
import type { UserLock } from './user-lock.ts';

interface PostgresUserLockOptions {
  readonly databaseUrl: string;
  /** Longest wait for one's turn, in milliseconds. */
  readonly waitMs: number;
  /** A connection may be silent for this long while it holds a lock: longer than a section lasts. */
  readonly holdMs: number;
  readonly log?: WarningLog | undefined;
}

// Each turn holds a connection, so these are apart from those that requests use.
const CONNECTIONS = 8;
/** Longest wait for a statement that waits for nobody. */
const STATEMENT_MS = 5_000;
/** The first of the two numbers of these advisory locks: "user" in ASCII. The chain of the audit log has another one. */
const NAMESPACE = 0x75_73_65_72;
// The columns are computed in this order.
const LOCK = `select set_config('lock_timeout', $3, false), pg_advisory_lock($1::int, $2::int)`;
/** SQLSTATE of a lock that was not to be had in `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';
/** The server ends the session, and with it the lock, of a machine that has vanished: after 25 seconds, not two hours. */
const KEEPALIVE = { tcp_keepalives_idle: '10', tcp_keepalives_interval: '5', tcp_keepalives_count: '3' };

export function createPostgresUserLock(options: PostgresUserLockOptions): UserLock & { close(): Promise<void> } {
  const { databaseUrl, waitMs, holdMs, log } = options;
  const queue = createMemoryUserLock({ waitMs });
  const pool = createPostgresPool({
    address: { connectionString: databaseUrl },
    size: CONNECTIONS,
    connectMs: STATEMENT_MS,
    statementMs: Math.max(holdMs, waitMs),
    settings: KEEPALIVE,
    log,
  });

  /** A connection that holds the lock. */
  const lockedConnection = async (key: number, until: number): Promise<PoolClient> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    const remainingMs = Math.max(1, Math.round(until - performance.now()));
    try {
      await answered(remainingMs + STATEMENT_MS, () => client.query(LOCK, [NAMESPACE, key, String(remainingMs)]));
      return client;
    } catch (error) {
      // Whether the lock was given after all is not known: the end of the connection ends it.
      client.release(true);
      throw errorCode(error) === LOCK_NOT_AVAILABLE ? tooLong(waitMs) : unavailable(error);
    }
  };

  const unlock = async (client: PoolClient, key: number, broken: boolean): Promise<void> => {
    try {
      if (broken) throw new Error('the connection is broken');
      await answered(STATEMENT_MS, () => client.query('select pg_advisory_unlock($1::int, $2::int)', [NAMESPACE, key]));
      client.release();
    } catch {
      client.release(true);
    }
  };

  let closed: Promise<void> | undefined;
  return {
    async acquire(userId) {
      const until = performance.now() + waitMs;
      const key = keyOf(userId);
      const first = await queue.acquire(userId);
      const client = await lockedConnection(key, until).catch((error: unknown) => {
        first.release();
        throw error;
      });
      let broken = false;
      let released = false;
      const ask: Ask = async (statement, values) => {
        try {
          if (broken || released) throw new Error('the turn was over');
          return (await answered(STATEMENT_MS, () => client.query(statement, [...values]))).rows;
        } catch (error) {
          broken = true;
          throw unavailable(error);
        }
      };
      return {
        intents: createPostgresWriteIntents(userId, ask),
        release() {
          if (released) return;
          released = true;
          void unlock(client, key, broken).then(first.release);
        },
      };
    },
    close() {
      closed ??= answerWithin(STATEMENT_MS, () => pool.end(), { ref: false });
      return closed;
    },
  };
}

/** 32 bits of the user's id. Two users with the same ones wait for each other now and then. */
const keyOf = (userId: string): number => createHash('sha256').update(userId).digest().readInt32BE(0);

const unavailable = (error: unknown): ByokError =>
  new ByokError('database_unavailable', { reason: `no turn at writing a user: ${databaseReason(error)}` });

/** Bounded; the wait alone keeps no process alive. */
const answered = <T>(ms: number, query: () => Promise<T>): Promise<T> =>
  within(ms, query, () => new Error(`the database did not answer within ${ms} ms`), { ref: false });
