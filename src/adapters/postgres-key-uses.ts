// The last release of each of a person's keys, from the audit log: one look-up in its index for each provider.
import { type Kysely, sql } from 'kysely';
import { ByokError } from '../domain/errors.ts';
import type { KeyUse, KeyUses } from '../domain/key-uses.ts';
import { PROVIDERS } from '../domain/provider-table.ts';
import { databaseReason } from './database-errors.ts';
import type { Schema } from './database-schema.ts';

/** Which rows are in the index `audit_log_own_releases`. Written out in the statement, so that the planner sees that they are. */
const OWN_RELEASES = sql`action = 'key.release' and outcome = 'ok' and details->>'source' = 'user'`;
const PROVIDER_ROWS = sql.join([...PROVIDERS.keys()].map((id, index) => sql`(${sql.lit(index)}, ${sql.lit(id)})`));

export function createPostgresKeyUses(db: Kysely<Schema>): KeyUses {
  return {
    async lastOf(userId) {
      try {
        const { rows } = await sql<KeyUse>`
          select providers.provider, uses.at, coalesce(uses.service, '') as service
          from (values ${PROVIDER_ROWS}) as providers (place, provider)
          cross join lateral (
            select at, service from audit_log
            where subject = ${userId} and audit_log.provider = providers.provider and ${OWN_RELEASES}
            order by seq desc limit 1
          ) as uses
          order by providers.place`.execute(db);
        return rows;
      } catch (error) {
        throw new ByokError('database_unavailable', { reason: databaseReason(error) });
      }
    },
  };
}
