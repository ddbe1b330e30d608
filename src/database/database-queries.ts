// Tells a listener of every statement that Kysely executes, in the context that asked for it.
import type { KyselyConfig } from 'kysely';
import type { DatabaseQuery } from '../shared/tracing.ts';

export type OnQuery = (query: DatabaseQuery) => void;

/** For Kysely's configuration. Without a listener nothing is wrapped and nothing is measured. */
export function queryListener(onQuery: OnQuery | undefined): Pick<KyselyConfig, 'log'> {
  if (onQuery === undefined) return {};
  return {
    log: ({ level, query, queryDurationMillis }) =>
      onQuery({ sql: query.sql, ms: queryDurationMillis, failed: level === 'error' }),
  };
}
