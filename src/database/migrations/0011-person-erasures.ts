// Erasures under way, or just done: every replica looks here for whose sessions and memory end.
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const personErasures: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('person_erasures')
      .addColumn('user_id', 'text', (column) => column.primaryKey())
      .addColumn('begun_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`clock_timestamp()`))
      .addColumn('finished_at', 'timestamptz')
      .execute();
  },
};
