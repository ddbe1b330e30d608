// What PostgreSQL refuses, by SQLSTATE. What the operator can do about it is said here, once.
import { ByokError } from '../shared/errors.ts';
import type { PartFault } from '../shared/part-fault.ts';
import { databaseReason, errorCode } from './database-statements.ts';

/** A fault that was found by asking, before PostgreSQL refused anything. */
export interface FoundFault extends Error {
  readonly fault: PartFault;
}

export const foundFault = (fault: PartFault): FoundFault => Object.assign(new Error(fault.advice), { fault });

const hasFault = (error: unknown): error is FoundFault => error instanceof Error && 'fault' in error;

export const POOLER: PartFault = {
  word: 'pooler',
  lasting: true,
  advice:
    'DATABASE_URL leads to a pooler that gives each transaction another session of PostgreSQL, and the locks of the service belong to sessions. Set pool_mode=session for this database (pgbouncer), or connect to PostgreSQL directly.',
};
/** A server that takes no writes: nothing that a setting of ours could change. */
export const STANDBY: PartFault = {
  word: 'read_only',
  lasting: false,
  advice:
    'PostgreSQL takes no writes: it is a standby, or set read-only. If this is no failover under way, let DATABASE_URL lead to the primary, or switch default_transaction_read_only off there.',
};

type Row = readonly [codes: RegExp, word: string, lasting: boolean, advice: string];

const ROWS: readonly Row[] = [
  [
    /^42501$/,
    'not_permitted',
    true,
    'The role in DATABASE_URL may not do what the service does. Run deploy/postgres/roles.sql, which gives it the rights.',
  ],
  [
    /^28/,
    'credentials',
    true,
    'PostgreSQL refuses the role or the password in DATABASE_URL, or has no rule for this address in pg_hba.conf. Correct them.',
  ],
  [
    /^3D000$/,
    'no_such_database',
    true,
    'PostgreSQL has no database of the name in DATABASE_URL. Create it, or correct the name.',
  ],
  [
    /^42P01$|^42703$/,
    'no_tables',
    true,
    'Tables or columns of the service are missing in the database of DATABASE_URL. Start the service once with DATABASE_MIGRATION_URL, or restore a backup.',
  ],
  [/^25006$/, STANDBY.word, STANDBY.lasting, STANDBY.advice],
  [
    /^(53100|58...)$/,
    'full',
    false,
    'The disk of PostgreSQL (DATABASE_URL, or BYOK_DATA_DIR for the embedded database) is full or broken. Make room there.',
  ],
  [
    /^53300$/,
    'connections',
    false,
    'PostgreSQL (DATABASE_URL) has no connection left. Raise max_connections, or the limit of the role; the service takes up to 20 for each replica.',
  ],
  [
    /^(55P03|57014|40P01)$/,
    'locked',
    false,
    'A lock in PostgreSQL (DATABASE_URL) is held by another session. Look at pg_stat_activity for a transaction that was left open, and end it.',
  ],
];

/** What is wrong, where PostgreSQL or a fault that was found says so. */
export function databaseFault(error: unknown): PartFault {
  if (hasFault(error)) return error.fault;
  const code = errorCode(error) ?? '';
  const row = ROWS.find(([codes]) => codes.test(code));
  if (row !== undefined) return { word: row[1], lasting: row[2], advice: row[3] };
  // A SQLSTATE has five characters, of which the first is a digit but for P0001 and XX000.
  const answered = /^[0-9PX][0-9A-Z]{4}$/.test(code) && !/^(08|57P)/.test(code);
  return {
    word: answered ? 'failed' : 'no_answer',
    lasting: false,
    advice: `PostgreSQL (DATABASE_URL) ${answered ? 'refuses what the service does' : 'does not answer'}: ${databaseReason(error)}. Check the server.${poolerHint(error)}`,
  };
}

/** A pooler that has no session left keeps clients waiting without a word, as a server does that hangs. */
export const poolerHint = (error: unknown): string =>
  /timeout|no session within|did not answer in time/i.test(databaseReason(error))
    ? ' If that is a pooler, it may have too few sessions: in pgbouncer set default_pool_size to 20 or more for each replica.'
    : '';

/** For a statement that failed: `database_unavailable`, and no advice to try again shortly where that is of no use. */
export function databaseUnavailable(error: unknown, doing = ''): ByokError {
  const fault = databaseFault(error);
  const reason = `${doing}${databaseReason(error)}`;
  const answer = new ByokError('database_unavailable', { reason, ...ifLasting(error) });
  return Object.assign(answer, { fault });
}

/** What is answered in place of the catalogue's sentence where trying again shortly is of no use. */
export function ifLasting(error: unknown): { detail?: string; retryAfter?: number } {
  const { word, lasting } = databaseFault(error);
  return lasting ? MISCONFIGURED : word === 'full' ? FULL : {};
}

const FULL = {
  detail: 'The disk of the database is full, so nothing can be stored. An administrator has to make room there.',
  retryAfter: 60,
};
const MISCONFIGURED = {
  detail: 'The database refuses what the service needs of it. An administrator must run `byok doctor`.',
  retryAfter: 60,
};
