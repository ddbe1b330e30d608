// What a database error may say in a log: its code and message, not the row that PostgreSQL quotes in `detail` and `where`.

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
