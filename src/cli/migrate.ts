// `byok migrate`: brings the tables up to date, as the service's start does; before an update, or as another role.
import { Command } from 'commander';
import { type Config, parseConfig } from '../config/config.ts';
import { openDatabase } from '../database/database.ts';
import { MIGRATIONS, pendingMigrations } from '../database/database-migrations.ts';
import { beginsAnew, CREATE_HINT, CREATE_OPTION } from './command-core.ts';

const HELP = `
The service's start does the same where its role may. As a step of its own: before an update, or as the role that owns the
tables (DATABASE_MIGRATION_URL). An older version goes on with newer tables where the number behind a migration is not
higher than its own newest one.

Example:
  $ byok migrate --dry-run
  $ byok migrate`;

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Brings the tables of the database up to date. A rerun is safe.')
    .option('--dry-run', 'say what would be done, and change nothing', false)
    .addOption(CREATE_OPTION)
    .addHelpText('after', HELP)
    .action(({ dryRun, create }: { dryRun: boolean; create: boolean }) =>
      migrate(parseConfig(process.env), dryRun, !dryRun && create),
    );
}

async function migrate(config: Config, dryRun: boolean, create: boolean): Promise<void> {
  const { databaseUrl, databaseMigrationUrl: migrationUrl, dataDir } = config;
  const options = { databaseUrl, migrationUrl, dataDir, attach: true, hint: dryRun ? undefined : CREATE_HINT };
  const pending = beginsAnew(config, create) ? Object.keys(MIGRATIONS) : await pendingIn(options);
  for (const name of pending)
    console.log(
      `${name} (a program can read the result that knows migration ${MIGRATIONS[name]?.readableFrom} or later)`,
    );
  if (dryRun) {
    console.log(pending.length === 0 ? 'The tables are up to date.' : `${pending.length} would be run.`);
    return;
  }
  await using _migrated = await openDatabase({ ...options, missing: 'make' });
  console.log(
    pending.length === 0 ? 'The tables are up to date.' : `${pending.length} run. The tables are up to date.`,
  );
}

async function pendingIn(options: Parameters<typeof openDatabase>[0]): Promise<string[]> {
  await using database = await openDatabase({ ...options, missing: 'leave' });
  return await database.asOwner((db) => pendingMigrations(db));
}
