// Which databases ask for verified addresses: new ones, and none that was in use before.
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS, migrateDatabase } from '../../src/database/database-migrations.ts';
import { lockDataFolder, openEmbeddedDatabase } from '../../src/database/pglite-database.ts';
import { requiresVerifiedEmail } from '../../src/database/postgres-settings.ts';
import { seedDemoUsers } from '../../src/users/postgres-demo-users.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';

const all = Object.entries(MIGRATIONS);
const BEFORE = Object.fromEntries(
  all.slice(
    0,
    all.findIndex(([name]) => name.endsWith('-verified-addresses')),
  ),
);

type Database = Awaited<ReturnType<typeof openEmbeddedDatabase>>;

async function withDatabase(use: (database: Database) => Promise<void>): Promise<void> {
  const folder = ownedFolder();
  const data = join(folder.path, 'data');
  const release = lockDataFolder(data, { missing: 'make', hint: undefined });
  if (release === undefined) throw new Error('the folder is locked');
  const left = { missing: 'leave', hint: undefined, log: undefined } as const;
  const database = await openEmbeddedDatabase({ folder: data, release, ...left });
  try {
    await use(database);
  } finally {
    await database.close();
    folder.remove();
  }
}

const addresses = ({ db }: Database) =>
  db.selectFrom('embedded_users').select(['email', 'email_verified']).orderBy('email').execute();
const DEMO = ['enterprise', 'professional', 'starter', 'trial'].map((name) => ({
  email: `${name}@example.com`,
  email_verified: true,
}));

describe('whether an address has to be verified', () => {
  it('is yes for a new database, whose demo users have verified ones', async () => {
    await withDatabase(async (database) => {
      await migrateDatabase(database.db);
      expect(await requiresVerifiedEmail(database.db, undefined)).toBe(true);
      expect(await requiresVerifiedEmail(database.db, false)).toBe(false);
      await seedDemoUsers(database.db);
      expect(await addresses(database)).toEqual(DEMO);
      // A later start decides nothing again.
      await database.db.insertInto('key_check').values({ value: 'used' }).execute();
      await migrateDatabase(database.db);
      expect(await requiresVerifiedEmail(database.db, undefined)).toBe(true);
    });
  });

  it('is no for a database that was in use, until somebody says so, and its demo users count as verified', async () => {
    await withDatabase(async (database) => {
      await migrateDatabase(database.db, BEFORE);
      await database.db.insertInto('key_check').values({ value: 'used' }).execute();
      for (const name of ['trial', 'starter', 'professional', 'enterprise'])
        await sql`insert into embedded_users (id, username, email) values (${name}, ${name}, ${`${name}@example.com`})`.execute(
          database.db,
        );
      await sql`insert into embedded_users (id, username, email) values ('x', 'other', 'other@example.com')`.execute(
        database.db,
      );
      await migrateDatabase(database.db);
      expect(await requiresVerifiedEmail(database.db, undefined)).toBe(false);
      expect(await requiresVerifiedEmail(database.db, true)).toBe(true);
      const other = { email: 'other@example.com', email_verified: false };
      expect(await addresses(database)).toEqual([DEMO[0], other, ...DEMO.slice(1)]);
    });
  });
});
