// The last release of each of a person's keys, from the audit log: one look-up in its index for each provider.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import type { KeyUse, KeyUses } from './key-uses.ts';

const PROVIDER_ROWS = sql.join([...PROVIDERS.keys()].map((id, index) => sql`(${sql.lit(index)}, ${sql.lit(id)})`));

/** Which rows count is written out, not passed, so that the planner sees that the index `audit_log_own_releases` has them. */
export const lastUses = (userId: string): RawBuilder<KeyUse> => sql`
  select providers.provider, uses.at, coalesce(uses.service, '') as service
  from (values ${PROVIDER_ROWS}) as providers (place, provider)
  cross join lateral (
    select at, service from audit_log
    where subject = ${userId} and audit_log.provider = providers.provider
      and action = 'key.release' and outcome = 'ok' and details->>'source' = 'user'
    order by seq desc limit 1
  ) as uses
  order by providers.place`;

export function createPostgresKeyUses(db: Kysely<Schema>): KeyUses {
  return {
    async lastOf(userId) {
      try {
        return (await lastUses(userId).execute(db)).rows;
      } catch (error) {
        throw databaseUnavailable(error);
      }
    },
  };
}
