// The audit log: one row for everything that happened, in a chain (docs/adr/0016-audit-chain.md).
import type { Kysely } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';
import { takeBackRights } from '../take-back-rights.ts';

export const audit: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('audit_log')
      .addColumn('seq', 'bigint', (column) => column.primaryKey())
      // To the millisecond, which is what the chain covers: an edit of less cannot be stored.
      .addColumn('at', 'timestamptz(3)', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('provider', 'text')
      .addColumn('request_id', 'text')
      .addColumn('details', 'jsonb')
      .addColumn('actor_kind', 'text', (column) => column.notNull())
      .addColumn('service', 'text')
      .addColumn('actor_user', 'text')
      .addColumn('subject', 'text')
      .addColumn('address', 'text')
      .addColumn('salt', 'bytea')
      .addColumn('commitment', 'text')
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('mac', 'text', (column) => column.notNull())
      .execute();
    for (const column of ['subject', 'actor_user'])
      await db.schema.createIndex(`audit_log_${column}`).on('audit_log').columns([column, 'seq']).execute();
    await db.schema.createIndex('audit_log_at').on('audit_log').column('at').execute();
    await db.schema.createIndex('audit_log_request_id').on('audit_log').column('request_id').execute();
    await takeBackRights(db, 'audit_log', 'update, delete, truncate');
    for (const table of ['byok_migrations', 'byok_migrations_lock'])
      await takeBackRights(db, table, 'insert, update, delete, truncate');
  },
};
