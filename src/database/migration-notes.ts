// What the database says of the migrations that it has, for programs that do not know them.
import { type Kysely, sql } from 'kysely';
import { VERSION } from '../shared/version.ts';

interface Note {
  /** Number of the oldest migration whose program can use the database. */
  readonly readableFrom: number;
  /** Version of the program that ran the migration. */
  readonly version: string;
}

/** By name of the migration. Empty in a database from before there were notes. */
export async function readNotes<T>(db: Kysely<T>): Promise<ReadonlyMap<string, Note>> {
  if (!(await haveNotes(db))) return new Map();
  const { rows } = await sql<{ name: string; readable_from: number; version: string }>`
    select name, readable_from, version from byok_migration_notes`.execute(db);
  return new Map(rows.map(({ name, readable_from: readableFrom, version }) => [name, { readableFrom, version }]));
}

/** Also of those that ran before there were notes. */
export async function noteMigrations<T>(db: Kysely<T>, known: readonly (readonly [string, number])[]): Promise<void> {
  if (!(await haveNotes(db))) return;
  for (const [name, readableFrom] of known) {
    await sql`
      insert into byok_migration_notes (name, readable_from, version)
      values (${name}, ${readableFrom}, ${VERSION}) on conflict (name) do nothing`.execute(db);
  }
}

async function haveNotes<T>(db: Kysely<T>): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`
    select to_regclass('byok_migration_notes') is not null as yes`.execute(db);
  return rows[0]?.yes === true;
}
