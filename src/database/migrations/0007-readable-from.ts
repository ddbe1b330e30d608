// From which migration on a program can use what each migration has made, so that an older one can be gone back to.
import type { Kysely } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';
import { takeBackRights } from '../take-back-rights.ts';

export const readableFrom: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('byok_migration_notes')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('readable_from', 'integer', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .execute();
    // As with the list of migrations: it is the owner's to say.
    await takeBackRights(db, 'byok_migration_notes', 'insert, update, delete, truncate');
  },
};
