// Writes whose end nobody has seen yet, and the replicas that are running.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const writeIntents: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('write_intents')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('begun_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`clock_timestamp()`))
      .addColumn('deadline', 'timestamptz', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('write_intents_user').on('write_intents').column('user_id').execute();
    await db.schema
      .createTable('replicas')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('started_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addColumn('seen_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
  },
};
