// Clients of the realm whose users' tokens were refused for the client's name, so that `byok doctor` can say so.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const refusedClients: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('refused_clients')
      .addColumn('client_id', 'text', (column) => column.primaryKey())
      .addColumn('last_seen_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
  },
};
