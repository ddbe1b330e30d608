// Who has which keys (not the keys), and the numbers of each day.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const keyProjection: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('key_projection')
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('enabled', 'boolean', (column) => column.notNull())
      .addColumn('test_status', 'text')
      .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addPrimaryKeyConstraint('key_projection_pkey', ['user_id', 'provider'])
      .execute();
    await db.schema
      .createTable('adoption_snapshots')
      .addColumn('day', 'date', (column) => column.primaryKey())
      .addColumn('users_total', 'bigint')
      .addColumn('users_with_keys', 'bigint', (column) => column.notNull())
      .addColumn('keys', 'jsonb', (column) => column.notNull())
      .execute();
  },
};
