// One database behind one interface: PostgreSQL, the embedded one in a folder, or the embedded one of the running service.
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import { StartupProblem } from '../shared/errors.ts';
import { type LiveText, textOf } from '../shared/live-text.ts';
import { within } from '../shared/timeouts.ts';
import { databaseUnavailable } from './database-fault.ts';
import { pendingMigrations } from './database-migrations.ts';
import type { Schema } from './database-schema.ts';
import { databaseReason, type OnQuery, queryListener } from './database-statements.ts';
import type { Missing, MissingTables } from './database-tables.ts';
import { lockDataFolder, openEmbeddedDatabase } from './pglite-database.ts';
import { SOCKET_PORT } from './pglite-socket-server.ts';
import { createPoolRenewal } from './pool-renewal.ts';
import { createPostgresPool, type PostgresAddress, type WarningLog } from './postgres-pool.ts';
import { preparePostgres, type Work } from './postgres-preparation.ts';

export interface Database extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** For the audit log to append by: connections of its own, so that no search keeps a release waiting. */
  readonly appends: Kysely<Schema>;
  readonly kind: 'postgres' | 'pglite' | 'attached';
  /** Where the embedded database is. */
  readonly folder?: string;
  /** Resolves when the database answers, within five seconds. @throws ByokError `database_unavailable`. */
  ping(): Promise<void>;
  /** Works as the role that owns the tables, on a connection of its own where that is another one. For upkeep: statements may take minutes. */
  asOwner<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** Lets go of the connections that are there, with the settings that their sessions began under. */
  renew(): Promise<void>;
  /** Idempotent; takes ten seconds at most. */
  close(): Promise<void>;
}

interface DatabaseOptions {
  /** PostgreSQL. Undefined: the embedded database in `dataDir`. */
  readonly databaseUrl: LiveText | undefined;
  /** The same database for the role that owns the tables, where `databaseUrl` is for one that may do less. */
  readonly migrationUrl?: LiveText | undefined;
  /** Made where it does not exist, for its owner only. */
  readonly dataDir: string;
  /** For commands: where a running service holds the folder, work on its database through its socket. */
  readonly attach?: boolean;
  /** What happens where the data folder or tables are missing. Default: they are made. */
  readonly missing?: Missing;
  /** For `refuse`: added to the sentence, what else can be done. */
  readonly hint?: string | undefined;
  readonly log?: WarningLog;
  /** Told of every statement, in the context that asked for it. */
  readonly onQuery?: OnQuery | undefined;
}

const PING_MS = 5_000;
const CLOSE_MS = 10_000;
/** A migration may wait for another process's. */
const MIGRATION_STATEMENT_MS = 5 * 60_000;
/** How long a command waits for a service that is just starting or stopping. */
const ATTACH_MS = 10_000;
/** Longer than the service lets one command keep the database from the others. */
const ATTACHED_STATEMENT_MS = 20_000;

/** Opens the database and brings its tables up to date. @throws StartupProblem where it cannot be used. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, migrationUrl = databaseUrl, dataDir, attach = false, log, onQuery } = options;
  const missing = { missing: options.missing ?? 'make', hint: options.hint };
  if (databaseUrl !== undefined)
    return openPostgres(databaseUrl, migrationUrl ?? databaseUrl, missing, { log, onQuery });
  const folder = resolve(dataDir);
  const deadline = Date.now() + ATTACH_MS;
  for (;;) {
    const release = lockDataFolder(folder, missing);
    if (release !== undefined) {
      const { db, close } = await openEmbeddedDatabase({ folder, release, ...missing, log, onQuery });
      return { ...asDatabase('pglite', db, close), folder };
    }
    if (!attach) {
      throw new StartupProblem(
        `Another process is using the data folder ${folder}. Stop it, or set BYOK_DATA_DIR to another folder.`,
      );
    }
    const attached = await attachTo(folder, deadline);
    if (attached !== undefined) return { ...attached, folder };
    await wait(100);
  }
}

async function openPostgres(
  databaseUrl: LiveText,
  migrationUrl: LiveText,
  missing: MissingTables,
  listeners: Pick<Limits, 'log' | 'onQuery'>,
): Promise<Database> {
  const on =
    (connectionString: LiveText): Work =>
    async (work) => {
      await using db = connect({ connectionString }, { size: 1, statementMs: MIGRATION_STATEMENT_MS });
      return await work(db);
    };
  const asOwner = on(migrationUrl);
  const addresses = { databaseUrl: textOf(databaseUrl), migrationUrl: textOf(migrationUrl) };
  await preparePostgres({ ...addresses, missing, asOwner, asService: on(databaseUrl) });
  const renewals: (() => Promise<void>)[] = [];
  const onPool = (pool: pg.Pool): void => void renewals.push(createPoolRenewal(pool));
  const db = connect({ connectionString: databaseUrl }, { size: 10, onPool, ...listeners });
  const appends = connect({ connectionString: databaseUrl }, { size: 2, onPool, ...listeners });
  const renew = async (): Promise<void> => void (await Promise.all(renewals.map((one) => one())));
  const close = async (): Promise<void> => void (await Promise.all([db.destroy(), appends.destroy()]));
  return { ...asDatabase('postgres', db, close), appends, asOwner, renew };
}

/** Undefined: no one answers yet, or any more. */
async function attachTo(folder: string, deadline: number): Promise<Database | undefined> {
  const address = { host: folder, port: SOCKET_PORT, user: 'postgres', database: 'postgres' };
  const db = connect(address, { size: 1, connectMs: ATTACH_MS * 2, statementMs: ATTACHED_STATEMENT_MS });
  try {
    const pending = await pendingMigrations(db);
    if (pending.length === 0) return asDatabase('attached', db, () => db.destroy());
    throw new StartupProblem(
      `The running service is older than this command (its database lacks ${pending.join(', ')}). Restart the service first.`,
    );
  } catch (error) {
    await db.destroy();
    if (error instanceof StartupProblem) throw error;
    if (Date.now() < deadline) return undefined;
    throw new StartupProblem(
      `The process that is using the data folder ${folder} cannot be reached: ${databaseReason(error)}. Stop it and try again.`,
      { cause: error },
    );
  }
}

interface Limits {
  size: number;
  connectMs?: number;
  statementMs?: number;
  log?: WarningLog | undefined;
  onQuery?: OnQuery | undefined;
  onPool?: (pool: pg.Pool) => void;
}

function connect(address: PostgresAddress, { onQuery, onPool, ...limits }: Limits): Kysely<Schema> {
  const pool = createPostgresPool({ address, ...limits });
  onPool?.(pool);
  const dialect = new PostgresDialect({ pool });
  return new Kysely<Schema>({ dialect, ...queryListener(onQuery) });
}

function asDatabase(kind: Database['kind'], db: Kysely<Schema>, closeOnce: () => Promise<void>): Database {
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= within(CLOSE_MS, closeOnce, noAnswer(CLOSE_MS));
    return closed;
  };
  return {
    db,
    appends: db,
    kind,
    asOwner: (work) => work(db),
    async ping() {
      try {
        await within(PING_MS, () => sql`select 1`.execute(db), noAnswer(PING_MS));
      } catch (error) {
        throw databaseUnavailable(error);
      }
    },
    renew: async () => {},
    close,
    [Symbol.asyncDispose]: close,
  };
}

const noAnswer = (ms: number) => (): Error => new Error(`the database did not answer within ${ms / 1000} seconds`);
