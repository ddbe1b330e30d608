// Which master keys are out of use, beside the rows of the audit log that say so: in a table that only the owner may change.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const retiredKeys: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('key_check')
      .addColumn('retired', 'text', (column) => column.notNull().defaultTo(sql`''`))
      .execute();
  },
};
