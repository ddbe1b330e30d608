import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseMigration } from '../../src/database/database-migration.ts';
import { MIGRATIONS, migrateDatabase, pendingMigrations } from '../../src/database/database-migrations.ts';
import { lockDataFolder, openEmbeddedDatabase } from '../../src/database/pglite-database.ts';
import { VERSION } from '../../src/shared/version.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';

describe('the migrations', () => {
  let database: Awaited<ReturnType<typeof openEmbeddedDatabase>>;
  let remove: () => void;

  beforeAll(async () => {
    const folder = ownedFolder();
    remove = folder.remove;
    const data = join(folder.path, 'data');
    const release = lockDataFolder(data, { missing: 'make', hint: undefined });
    if (release === undefined) throw new Error('the folder is locked');
    database = await openEmbeddedDatabase({ folder: data, release, missing: 'leave', hint: undefined, log: undefined });
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
    expect(Object.values(MIGRATIONS).filter((migration) => 'down' in migration)).toEqual([]);
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

  it('say from which one on a program can read what they make, never one that is yet to come', () => {
    for (const [name, { readableFrom }] of Object.entries(MIGRATIONS)) {
      expect(Number.isInteger(readableFrom) && readableFrom >= 1, name).toBe(true);
      expect(readableFrom, name).toBeLessThanOrEqual(Number.parseInt(name, 10));
    }
  });

  const creating = (table: string, readableFrom: number): DatabaseMigration => ({
    readableFrom,
    up: async (db) => void (await sql`create table ${sql.table(table)} (id integer)`.execute(db)),
  });
  const newest = Object.keys(MIGRATIONS).map(Number.parseFloat).at(-1) ?? 0;

  it('go on from where the database is, and change nothing when one of them fails', async () => {
    const failing = { ...MIGRATIONS, '0098-good': creating('good', 1), '0099-bad': creating('key_check', 99) };
    await expect(migrateDatabase(database.db, failing)).rejects.toMatchObject({ code: '42P07' });
    expect(await pendingMigrations(database.db, failing)).toEqual(['0098-good', '0099-bad']);
  });

  it('of a newer version that can be read by this one are lived with, and nothing is changed', async () => {
    const newer = { ...MIGRATIONS, '0098-good': creating('good', 1), '0099-better': creating('better', newest) };
    await migrateDatabase(database.db, newer);
    expect(await pendingMigrations(database.db, newer)).toEqual([]);
    expect(await pendingMigrations(database.db)).toEqual([]);
    await migrateDatabase(database.db);
    await sql`select * from good, better`.execute(database.db);
  });

  it('of a newer version that cannot be read by this one are refused, with the version that it takes', async () => {
    const newer = { ...MIGRATIONS, '0098-good': creating('good', 1), '0099-better': creating('better', newest) };
    await migrateDatabase(database.db, { ...newer, '0100-breaking': creating('breaking', newest + 1) });
    const refusal = {
      name: 'StartupProblem',
      message: expect.stringMatching(
        `it has 0098-good, 0099-better, 0100-breaking, which takes a version that knows migration ${newest + 1} \\(this one knows ${newest}\\). Start version ${VERSION} or a newer one`,
      ),
    };
    await expect(migrateDatabase(database.db)).rejects.toMatchObject(refusal);
    await expect(pendingMigrations(database.db)).rejects.toMatchObject(refusal);
    // One that knows what the last one needs lives with it.
    await sql`update byok_migration_notes set readable_from = 99 where name = '0100-breaking'`.execute(database.db);
    expect(await pendingMigrations(database.db, newer)).toEqual([]);
  });

  it('of another branch, or without a note of their own, are refused', async () => {
    await sql`update byok_migration_notes set readable_from = 1`.execute(database.db);
    expect(await pendingMigrations(database.db)).toEqual([]);
    const other = { ...MIGRATIONS, '0097-other': creating('other', 1) };
    await expect(migrateDatabase(database.db, other)).rejects.toThrow('and lacks 0097-other.');
    await sql`drop table byok_migration_notes`.execute(database.db);
    await expect(pendingMigrations(database.db)).rejects.toThrow('Start the newer version again');
  });
});
