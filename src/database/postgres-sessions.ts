// Whether a connection keeps its session. The lock of a user and the limits of statements belong to the session, and a
// pooler in transaction or statement mode gives each transaction another one.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { errorCode } from './database-statements.ts';

/** The session ends after this long without work. */
const IDLE_MS = 100;
/** Longer, so that the pooler has noticed. */
const LOOK_MS = 300;
/** A session that others keep busy does not end. */
const LOOKS = 10;
const ROUNDS = 3;
const CONNECT_MS = 5_000;
/** SQLSTATEs: the session was idle for too long; a setting that PostgreSQL before 14 does not know. */
const IDLE_SESSION_TIMEOUT = '57P05';
const UNKNOWN_SETTING = '42704';

const WHO = `select pg_backend_pid() as pid, current_setting('byok.session', true) as mark`;
const MARK = `select set_config('byok.session', $1, false), set_config('idle_session_timeout', '${IDLE_MS}', false)`;

/**
 * False is certain. PostgreSQL tells a client at the connect which process serves it, and a pooler in between makes up a
 * number: only then is there more to do. Then the session is marked and told to end soon. A connection that owns its
 * session ends with it. One that goes on, in a session without the mark, has a pooler behind it that hands sessions around.
 * @throws where the database cannot be reached.
 */
export async function keepsSession(connectionString: string): Promise<boolean> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const kept = await look(connectionString);
    if (kept !== undefined) return kept;
  }
  return true;
}

/** Undefined: not to be known this time. */
async function look(connectionString: string): Promise<boolean | undefined> {
  const client = new pg.Client({
    connectionString,
    application_name: 'ops-center-byok',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  });
  let last: unknown;
  client.on('error', (error) => {
    last ??= error;
  });
  await client.connect();
  try {
    const { pid } = await whoServes(client);
    if (pid === processOf(client)) return true;
    const mark = randomUUID();
    await client.query(MARK, [mark]);
    for (let count = 0; count < LOOKS; count += 1) {
      // At once as well: with several sessions the next one is often another.
      if (count > 0) await wait(LOOK_MS);
      if ((await whoServes(client)).mark !== mark) return false;
    }
    return undefined;
  } catch (error) {
    const codes = [errorCode(last), errorCode(error)];
    if (codes.includes(IDLE_SESSION_TIMEOUT)) return true;
    if (last !== undefined || codes.includes(UNKNOWN_SETTING)) return undefined;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function whoServes(client: pg.Client): Promise<{ pid: number | undefined; mark: string | null | undefined }> {
  const { rows } = await client.query<{ pid: number; mark: string | null }>(WHO);
  return { pid: rows[0]?.pid, mark: rows[0]?.mark };
}

/** What the server called itself at the connect. */
const processOf = (client: pg.Client): unknown => ('processID' in client ? client.processID : undefined);
