import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { MIGRATIONS, migrateDatabase, pendingMigrations } from '../../src/database/database-migrations.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';

describe('the migrations', () => {
  let database: Database;
  let remove: () => void;

  beforeAll(async () => {
    const folder = ownedFolder();
    remove = folder.remove;
    database = await openDatabase({ databaseUrl: undefined, dataDir: join(folder.path, 'data'), migrate: false });
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    remove?.();
  });

  it('are numbered without gaps, one file each, and only go forward', () => {
    const names = Object.keys(MIGRATIONS);
    const files = readdirSync(new URL('../../src/database/migrations', import.meta.url)).sort();
    expect(files).toEqual(names.map((name) => `${name}.ts`));
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
    expect(Object.values(MIGRATIONS).filter((migration) => migration.down !== undefined)).toEqual([]);
  });

  it('leave a database alone that is only looked at', async () => {
    expect(await pendingMigrations(database.db)).toEqual(Object.keys(MIGRATIONS));
    const { rows } = await sql`select 1 from pg_tables where schemaname = 'public'`.execute(database.db);
    expect(rows).toEqual([]);
  });

  it('can run twice', async () => {
    await migrateDatabase(database.db);
    await database.db.insertInto('key_check').values({ value: 'kept' }).execute();
    await migrateDatabase(database.db);
    expect(await pendingMigrations(database.db)).toEqual([]);
    expect(await database.db.selectFrom('key_check').select('value').execute()).toEqual([{ value: 'kept' }]);
  });

  it('go on from where the database is, and change nothing when one of them fails', async () => {
    const creating = (table: string): Migration => ({
      up: async (db) => void (await sql`create table ${sql.table(table)} (id integer)`.execute(db)),
    });
    const failing = { ...MIGRATIONS, '0098-good': creating('good'), '0099-bad': creating('key_check') };
    await expect(migrateDatabase(database.db, failing)).rejects.toMatchObject({ code: '42P07' });
    expect(await pendingMigrations(database.db, failing)).toEqual(['0098-good', '0099-bad']);
    const mended = { ...failing, '0099-bad': creating('better') };
    await migrateDatabase(database.db, mended);
    expect(await pendingMigrations(database.db, mended)).toEqual([]);
    await sql`select * from good, better`.execute(database.db);
  });

  it('refuse a database that is newer, and change nothing', async () => {
    const refusal = { name: 'StartupProblem', message: expect.stringContaining('it has 0098-good, 0099-bad') };
    await expect(migrateDatabase(database.db)).rejects.toMatchObject(refusal);
    await expect(pendingMigrations(database.db)).rejects.toMatchObject(refusal);
  });
});
