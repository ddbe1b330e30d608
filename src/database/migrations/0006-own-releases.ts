// An index for the question when a person's key was last used: a person's releases may be millions of rows.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const ownReleases: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create index audit_log_own_releases on audit_log (subject, provider, seq)
      where action = 'key.release' and outcome = 'ok' and details->>'source' = 'user'`.execute(db);
  },
};
