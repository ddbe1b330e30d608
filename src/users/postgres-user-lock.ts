// Turns at writing a user across replicas: a queue in this process, and behind it a PostgreSQL advisory lock for the first of it.
import { createHash, randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { PoolClient } from 'pg';
import { databaseUnavailable, foundFault, POOLER } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { errorCode } from '../database/database-statements.ts';
import { createPoolRenewal } from '../database/pool-renewal.ts';
import { createPostgresPool, sessionMark, type WarningLog } from '../database/postgres-pool.ts';
import type { ByokError } from '../shared/errors.ts';
import type { LiveText } from '../shared/live-text.ts';
import { answerWithin, within } from '../shared/timeouts.ts';
import { createMemoryUserLock, tooLong } from './memory-user-lock.ts';
import { type Ask, createPostgresWriteIntents } from './postgres-write-intents.ts';
import type { Turn, UserLock } from './user-lock.ts';

interface PostgresUserLockOptions {
  readonly databaseUrl: LiveText;
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
/** True where a statement runs in the session of its connection, and not in one that a pooler lent to it. */
const OWN = "coalesce(current_setting('byok.session', true), '')";
// The columns are computed in this order.
const LOCK = `select set_config('lock_timeout', $3, false),
  case when ${OWN} = $4 then pg_advisory_lock($1::int, $2::int)::text end is not null as done`;
const UNLOCK = `select case when ${OWN} = $3 then pg_advisory_unlock($1::int, $2::int) else false end as done`;
type Done = { readonly done: boolean };
/** How long a session that was not ours counts after it was seen. */
const REMEMBERED_MS = 60_000;
/** SQLSTATE of a lock that was not to be had in `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';
/** The server ends the session, and with it the lock, of a machine that has vanished: after 25 seconds, not two hours. */
const KEEPALIVE = { tcp_keepalives_idle: '10', tcp_keepalives_interval: '5', tcp_keepalives_count: '3' };

export interface PostgresUserLock extends UserLock {
  /** Takes a turn that nobody else wants, and gives it back. @throws ByokError `database_unavailable` where that does not work. */
  tryLock(): Promise<void>;
  /** Lets go of the connections that are there, with the settings that their sessions began under. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

export function createPostgresUserLock(options: PostgresUserLockOptions): PostgresUserLock {
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
  const foreign = watchForeignSessions(log);

  /** A connection that holds the lock. */
  const lockedConnection = async (key: number, until: number): Promise<PoolClient> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    const remainingMs = Math.max(1, Math.round(until - performance.now()));
    const values = [NAMESPACE, key, String(remainingMs), sessionMark(client)];
    try {
      const { rows } = await answered(remainingMs + STATEMENT_MS, () => client.query<Done>(LOCK, values));
      if (rows[0]?.done !== true) throw foreign.seen();
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
      const values = [NAMESPACE, key, sessionMark(client)];
      const { rows } = await answered(STATEMENT_MS, () => client.query<Done>(UNLOCK, values));
      // PostgreSQL says no more than a warning where the lock was not ours.
      if (rows[0]?.done !== true) throw foreign.seen();
      client.release();
    } catch {
      client.release(true);
    }
  };

  const turnOf = (userId: string, key: number, client: PoolClient, first: Turn): Turn => {
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
    const lost = (): ByokError => {
      broken = true;
      return unavailable(foreign.seen());
    };
    return {
      intents: createPostgresWriteIntents(userId, { ask, mark: sessionMark(client), lost }),
      release() {
        if (released) return;
        released = true;
        void unlock(client, key, broken).then(first.release);
      },
    };
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
      return turnOf(userId, key, client, first);
    },
    async tryLock() {
      const key = keyOf(randomUUID());
      await unlock(await lockedConnection(key, performance.now() + STATEMENT_MS), key, false);
      if (foreign.isRecent()) throw unavailable(foundFault(POOLER));
    },
    renew: createPoolRenewal(pool),
    close() {
      closed ??= answerWithin(STATEMENT_MS, () => pool.end(), { ref: false });
      return closed;
    },
  };
}

export interface HeldTurn {
  readonly pid: number;
  /** The person's number in the lock. */
  readonly key: number;
  readonly application: string;
  /** Address and port; null for a socket of the server's own machine, or where this role may not see it. */
  readonly client: string | null;
  /** When the session did something for the last time, by the clock of the server; null where this role may not see it. */
  readonly silentSince: Date | null;
  readonly silentSeconds: number | null;
}

/** The turns whose session has been silent for so long, and those of which this role may not know. */
export async function heldTurns(db: Kysely<Schema>, { silentMs }: { silentMs: number }): Promise<HeldTurn[]> {
  const { rows } = await sql<HeldTurn>`
    select l.pid, l.objid::bigint as key, coalesce(a.application_name, '') as application,
      host(a.client_addr) || ' port ' || a.client_port as client, a.state_change as "silentSince",
      extract(epoch from clock_timestamp() - a.state_change)::float8 as "silentSeconds"
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.classid = ${NAMESPACE}::bigint::oid and l.objsubid = 2
      and l.database = (select oid from pg_database where datname = current_database())
      and (a.state_change is null or a.state_change < clock_timestamp() - make_interval(secs => ${silentMs / 1000}))
    order by a.state_change, l.pid`.execute(db);
  return rows;
}

/** Sessions that were not those of their connections: a pooler hands them around, and no lock means anything. */
function watchForeignSessions(log: WarningLog | undefined) {
  let seenAt = Number.NEGATIVE_INFINITY;
  const isRecent = (): boolean => performance.now() - seenAt < REMEMBERED_MS;
  return {
    isRecent,
    seen(): Error {
      if (!isRecent()) log?.warn({}, `a lock was not where it was taken: ${POOLER.advice}`);
      seenAt = performance.now();
      return foundFault(POOLER);
    },
  };
}

/** 32 bits of the user's id. Two users with the same ones wait for each other now and then. */
const keyOf = (userId: string): number => createHash('sha256').update(userId).digest().readInt32BE(0);

const unavailable = (error: unknown): ByokError => databaseUnavailable(error, 'no turn at writing a user: ');

/** Bounded; the wait alone keeps no process alive. */
const answered = <T>(ms: number, query: () => Promise<T>): Promise<T> =>
  within(ms, query, () => new Error(`the database did not answer within ${ms} ms`), { ref: false });
