// The key check value, and the users of the embedded default.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';
import { takeBackRights } from '../take-back-rights.ts';

export const keyCheckAndUsers: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('key_check')
      .addColumn('id', 'integer', (column) => column.primaryKey().defaultTo(1).check(sql`id = 1`))
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    // It says which retired key must not come back.
    await takeBackRights(db, 'key_check', 'update, delete, truncate');
    await db.schema
      .createTable('embedded_users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('email', 'text')
      .addColumn('first_name', 'text')
      .addColumn('last_name', 'text')
      .addColumn('enabled', 'boolean', (column) => column.notNull().defaultTo(true))
      .addColumn('attributes', 'jsonb', (column) => column.notNull().defaultTo(sql`'{}'::jsonb`))
      .execute();
    await db.schema
      .createIndex('embedded_users_email')
      .on('embedded_users')
      .expression(sql`lower(email)`)
      .unique()
      .execute();
  },
};
