// Brings a database to the version of this code: forward only, safe to run twice and by many processes at once.
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StartupProblem } from '../shared/errors.ts';
import type { Schema } from './database-schema.ts';
import { keyCheckAndUsers } from './migrations/0001-key-check-and-users.ts';
import { audit } from './migrations/0002-audit.ts';
import { serviceTokensAndUsage } from './migrations/0003-service-tokens-and-usage.ts';
import { writeIntents } from './migrations/0004-write-intents.ts';
import { keyProjection } from './migrations/0005-key-projection.ts';
import { ownReleases } from './migrations/0006-own-releases.ts';

/** Name → migration. Names are numbered and never change; new ones come at the end. Imported, so that built code has them too. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-key-check-and-users': keyCheckAndUsers,
  '0002-audit': audit,
  '0003-service-tokens-and-usage': serviceTokensAndUsage,
  '0004-write-intents': writeIntents,
  '0005-key-projection': keyProjection,
  '0006-own-releases': ownReleases,
};

// Names of our own, so that a database shared with another Kysely application has no mix-up.
const TABLE = 'byok_migrations';
const LOCK_TABLE = 'byok_migrations_lock';

/** Runs what is missing, in one transaction. @throws StartupProblem where the database is newer than this code. */
export async function migrateDatabase(
  db: Kysely<Schema>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  if ((await pendingMigrations(db, migrations)).length === 0) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: TABLE,
    migrationLockTableName: LOCK_TABLE,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // Another process may have come in between with newer migrations: that has a clearer sentence.
  await pendingMigrations(db, migrations);
  throw error;
}

/**
 * Names of the migrations that the database lacks.
 * @throws StartupProblem where the database has some that this code does not know.
 */
export async function pendingMigrations(
  db: Kysely<Schema>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<string[]> {
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) {
    throw new StartupProblem(
      `The database is newer than this version of the service: it has ${unknown.join(', ')}. ` +
        'Start the newer version again, or restore a backup from before the upgrade. Nothing was changed.',
    );
  }
  return Object.keys(migrations).filter((name) => !applied.includes(name));
}

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const exists = await sql<{ yes: boolean }>`select to_regclass(${TABLE}) is not null as yes`.execute(db);
  if (exists.rows[0]?.yes !== true) return [];
  const applied = await sql<{ name: string }>`select name from ${sql.table(TABLE)} order by name`.execute(db);
  return applied.rows.map((row) => row.name);
}
