// Brings a database to the version of this code: forward only, safe to run twice and by many processes at once.
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StartupProblem } from '../shared/errors.ts';
import type { DatabaseMigration } from './database-migration.ts';
import type { Schema } from './database-schema.ts';
import { noteMigrations, readNotes } from './migration-notes.ts';
import { keyCheckAndUsers } from './migrations/0001-key-check-and-users.ts';
import { audit } from './migrations/0002-audit.ts';
import { serviceTokensAndUsage } from './migrations/0003-service-tokens-and-usage.ts';
import { writeIntents } from './migrations/0004-write-intents.ts';
import { keyProjection } from './migrations/0005-key-projection.ts';
import { ownReleases } from './migrations/0006-own-releases.ts';
import { readableFrom } from './migrations/0007-readable-from.ts';
import { refusedClients } from './migrations/0008-refused-clients.ts';
import { verifiedAddresses } from './migrations/0009-verified-addresses.ts';
import { masterKeyChanges } from './migrations/0010-master-key-changes.ts';
import { personErasures } from './migrations/0011-person-erasures.ts';
import { retiredKeys } from './migrations/0012-retired-keys.ts';

export type Migrations = Readonly<Record<string, DatabaseMigration>>;

/** Name → migration. Names are numbered and never change; new ones come at the end. Imported, so that built code has them too. */
export const MIGRATIONS: Migrations = {
  '0001-key-check-and-users': keyCheckAndUsers,
  '0002-audit': audit,
  '0003-service-tokens-and-usage': serviceTokensAndUsage,
  '0004-write-intents': writeIntents,
  '0005-key-projection': keyProjection,
  '0006-own-releases': ownReleases,
  '0007-readable-from': readableFrom,
  '0008-refused-clients': refusedClients,
  '0009-verified-addresses': verifiedAddresses,
  '0010-master-key-changes': masterKeyChanges,
  '0011-person-erasures': personErasures,
  '0012-retired-keys': retiredKeys,
};

// Names of our own, so that a database shared with another Kysely application has no mix-up.
const TABLE = 'byok_migrations';
const LOCK_TABLE = 'byok_migrations_lock';

/** Runs what is missing, in one transaction. @throws StartupProblem where the database is too new for this code. */
export async function migrateDatabase(db: Kysely<Schema>, migrations: Migrations = MIGRATIONS): Promise<void> {
  if ((await pendingMigrations(db, migrations)).length === 0) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => noting(migrations) },
    migrationTableName: TABLE,
    migrationLockTableName: LOCK_TABLE,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // Another process may have come in between with newer migrations: that has a clearer sentence.
  await pendingMigrations(db, migrations);
  throw error;
}

/** Each also notes from where on its result can be read, in the same transaction. */
function noting(migrations: Migrations): Record<string, Migration> {
  const entries = Object.entries(migrations).map(([name, { up }], index, all) => {
    const known = all.slice(0, index + 1).map(([each, { readableFrom: from }]) => [each, from] as const);
    const upAndNote = async (db: Kysely<unknown>): Promise<void> => {
      await up(db);
      await noteMigrations(db, known);
    };
    return [name, { up: upAndNote }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Names of the migrations that the database lacks. None where it is newer and this code can use it all the same.
 * @throws StartupProblem where it has some that this code does not know and cannot live with.
 */
export async function pendingMigrations(db: Kysely<Schema>, migrations: Migrations = MIGRATIONS): Promise<string[]> {
  const applied = await appliedMigrations(db);
  const pending = Object.keys(migrations).filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return pending;
  const notes = await readNotes(db);
  const own = Math.max(...Object.keys(migrations).map(numberOf));
  const neededFrom = Math.max(...unknown.map((name) => notes.get(name)?.readableFrom ?? numberOf(name)));
  if (neededFrom <= own && pending.length === 0) return [];
  const version = notes.get(unknown.at(-1) ?? '')?.version;
  throw new StartupProblem(
    `The database is newer than this version of the service: it has ${unknown.join(', ')}` +
      (pending.length > 0
        ? ` and lacks ${pending.join(', ')}. `
        : `, which takes a version that knows migration ${neededFrom} (this one knows ${own}). `) +
      `Start ${version === undefined ? 'the newer version' : `version ${version} or a newer one`} again, or restore a backup from before the upgrade. Nothing was changed.`,
  );
}

const numberOf = (name: string): number => Number.parseInt(name, 10);

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const exists = await sql<{ yes: boolean }>`select to_regclass(${TABLE}) is not null as yes`.execute(db);
  if (exists.rows[0]?.yes !== true) return [];
  const applied = await sql<{ name: string }>`select name from ${sql.table(TABLE)} order by name`.execute(db);
  return applied.rows.map((row) => row.name);
}
