// Where a replica runs and which keys it has, and a short way to the rows of the audit log that say which keys count.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const masterKeyChanges: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('replicas').addColumn('key_ids', 'text').addColumn('host', 'text').execute();
    await sql`create index audit_log_rules on audit_log (seq)
      where action in ('master_key.begun', 'master_key.finished', 'audit.format', 'audit.checkpoint')`.execute(db);
  },
};
