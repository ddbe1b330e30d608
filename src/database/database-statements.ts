// What may be told of a statement: every one to traces; of one that failed its code and message, not the row that
// PostgreSQL quotes in `detail` and `where`.
import type { KyselyConfig } from 'kysely';
import type { DatabaseQuery } from '../shared/tracing.ts';

/** One line for the log. Nothing of what was being written, and no password. */
export function databaseReason(error: unknown): string {
  // Trying several addresses of one host name fails with an AggregateError without a message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return databaseReason(error.errors[0]);
  if (!(error instanceof Error)) return 'unknown database error';
  const code = errorCode(error);
  const message = error.message || error.name;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** SQLSTATE or system error code, such as `23505` or `ECONNREFUSED`. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export type OnQuery = (query: DatabaseQuery) => void;

/** For Kysely's configuration. Without a listener nothing is wrapped and nothing is measured. */
export function queryListener(onQuery: OnQuery | undefined): Pick<KyselyConfig, 'log'> {
  if (onQuery === undefined) return {};
  return {
    log: ({ level, query, queryDurationMillis }) =>
      onQuery({ sql: query.sql, ms: queryDurationMillis, failed: level === 'error' }),
  };
}
