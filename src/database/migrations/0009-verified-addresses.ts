// Whether an address identifies only once it is verified: decided here, once. A database that was never started with wants it;
// one that was goes on as before, until somebody sets BYOK_REQUIRE_VERIFIED_EMAIL.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const verifiedAddresses: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    // Every start that may serve writes the key check.
    await sql`
      insert into settings (name, value)
      select 'require_verified_email', case when exists (select from key_check) then 'false' else 'true' end`.execute(
      db,
    );
    await db.schema
      .alterTable('embedded_users')
      .addColumn('email_verified', 'boolean', (column) => column.notNull().defaultTo(false))
      .execute();
    // The demo users, who are all that the service puts there.
    await sql`
      update embedded_users set email_verified = true
      where (username, email) in (
        ('trial', 'trial@example.com'), ('starter', 'starter@example.com'),
        ('professional', 'professional@example.com'), ('enterprise', 'enterprise@example.com')
      )`.execute(db);
  },
};
