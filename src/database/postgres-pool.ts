// A bounded pool of PostgreSQL connections: every wait ends, and a broken connection is replaced, not crashed on.
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import pg from 'pg';
import { type LiveText, textOf } from '../shared/live-text.ts';
import { within } from '../shared/timeouts.ts';
import { databaseReason } from './database-statements.ts';

/** What the adapters of the database need of a logger. */
export interface WarningLog {
  warn(fields: object, message: string): void;
}

export type PostgresAddress =
  | { connectionString: LiveText }
  | { host: string; port: number; user: string; database: string };

interface PoolOptions {
  readonly address: PostgresAddress;
  readonly size: number;
  readonly connectMs?: number;
  /** Longest time for one statement. */
  readonly statementMs?: number;
  readonly log?: WarningLog | undefined;
  /** Settings of the server for these sessions, such as `tcp_keepalives_idle`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How much longer than a statement may take a connection may be silent before it counts as dead. */
const GRACE_MS = 5_000;

export function createPostgresPool(options: PoolOptions): pg.Pool {
  const { address, size, connectMs = 5_000, statementMs = 10_000, log, settings = {} } = options;
  const isSocket = 'host' in address;
  const pool = new pg.Pool({
    ...('host' in address ? address : {}),
    // A Unix socket has no TLS, whatever PGSSLMODE says.
    ...(isSocket ? { ssl: false } : {}),
    max: size,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: 10_000,
    application_name: 'ops-center-byok',
    types: { getTypeParser: columnParser },
    stream: () => silenceLimitedSocket(statementMs + GRACE_MS),
    // Not at the start of the connection, where a pooler refuses settings. The embedded database has one session for all.
    ...(isSocket ? {} : { onConnect: (client) => beginSession(client, { statementMs, connectMs, settings }) }),
  });
  if ('connectionString' in address) followAddress(pool, address.connectionString);
  // Without listeners an error of a connection, idle or in use, would end the process.
  pool.on('error', () => undefined);
  const tellLoss = lossTeller(log);
  pool.on('connect', (client) => {
    client.on('error', tellLoss);
  });
  return pool;
}

/** Losses within this time are one outage: a server that ends takes every connection with it. */
const OUTAGE_MS = 60_000;

/** One short line an outage: the stack of a lost connection is that of the driver, and the same each time. */
function lossTeller(log: WarningLog | undefined): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const isNew = performance.now() - last > OUTAGE_MS;
    last = performance.now();
    if (isNew) log?.warn({ reason: databaseReason(error) }, 'connections to the database were lost');
  };
}

const marks = new WeakMap<object, string>();

/** What `current_setting('byok.session', true)` says in the session of this connection, and in no other. */
export const sessionMark = (client: object): string => marks.get(client) ?? '';

async function beginSession(
  client: pg.ClientBase,
  { statementMs, connectMs, settings }: Required<Pick<PoolOptions, 'statementMs' | 'connectMs' | 'settings'>>,
): Promise<void> {
  const mark = randomUUID();
  marks.set(client, mark);
  const all = {
    statement_timeout: String(statementMs),
    idle_in_transaction_session_timeout: String(statementMs),
    'byok.session': mark,
    ...settings,
  };
  const names = Object.keys(all).map((name, index) => `set_config('${name}', $${index + 1}, false)`);
  const late = (): Error => new Error(`the database gave no session within ${connectMs} ms`);
  await within(connectMs, () => client.query(`select ${names.join(', ')}`, Object.values(all)), late);
}

/** Each new connection takes the address as it is then: after a reload, with another password. */
function followAddress(pool: pg.Pool, connectionString: LiveText): void {
  Object.defineProperty(pool.options, 'connectionString', { get: () => textOf(connectionString), enumerable: true });
}

function columnParser(type: number, format?: 'text' | 'binary') {
  const parser = format === 'binary' ? undefined : COLUMN_PARSERS[type];
  return parser ?? pg.types.getTypeParser(type, format);
}

/**
 * The server's own limits do not help where the network swallows everything: `query_timeout` of pg would leave the dead
 * connection in the pool. So a connection without a byte in either direction for this long is destroyed.
 */
function silenceLimitedSocket(silenceMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('the database did not answer in time')));
  return socket;
}

/**
 * How column values become JavaScript values, the same on PostgreSQL and on PGlite, which differ in their defaults:
 * parsers of PostgreSQL's text format by type (the number is the type's OID, from pg_type.dat).
 */
export const COLUMN_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  // bytea
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  // int8: what we count stays far below 2^53.
  20: Number,
  // date: a day has no zone, so it must not become an instant.
  1082: (text) => text,
};
