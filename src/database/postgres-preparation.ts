// What has to be so before the service works on PostgreSQL: connections keep their sessions, the tables are up to date.
// What is not is said as a sentence with the variable and what to do.
import type { Kysely } from 'kysely';
import { StartupProblem } from '../shared/errors.ts';
import { POOLER, poolerHint } from './database-fault.ts';
import type { Schema } from './database-schema.ts';
import { databaseReason, errorCode } from './database-statements.ts';
import { type MissingTables, settleTables } from './database-tables.ts';
import { readOnly } from './database-writability.ts';
import { keepsSession } from './postgres-sessions.ts';
import { placeOfTables } from './postgres-tables-place.ts';

export type Work = <T>(work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>;

interface Preparation {
  readonly databaseUrl: string;
  /** The same where there is no other role. */
  readonly migrationUrl: string;
  readonly missing: MissingTables;
  readonly asOwner: Work;
  readonly asService: Work;
}

const READ_ONLY = '25006';
const NOT_PERMITTED = '42501';

/** @throws StartupProblem; one that may pass where the server takes no writes, as during a failover. */
export async function preparePostgres({ databaseUrl, migrationUrl, ...rest }: Preparation): Promise<void> {
  const { missing, asOwner, asService } = rest;
  const twoRoles = migrationUrl !== databaseUrl;
  const variable = twoRoles ? 'DATABASE_MIGRATION_URL' : 'DATABASE_URL';
  await assertSession(variable, migrationUrl);
  if (twoRoles) await assertSession('DATABASE_URL', databaseUrl);
  // Before anything is made in a database that is not the service's.
  if (twoRoles) await assertSameTables(asOwner, asService);
  try {
    await asOwner((owner) => settleTables(owner, missing));
  } catch (error) {
    throw await problemOf(error, { variable, url: migrationUrl, asOwner });
  }
  if (twoRoles && missing.missing === 'make') await assertSameTables(asOwner, asService);
}

async function assertSession(variable: string, url: string): Promise<void> {
  const kept = await keepsSession(url).catch((error: unknown) => {
    throw unusable(error, variable, url);
  });
  if (!kept) throw new StartupProblem(POOLER.advice.replace('DATABASE_URL', variable));
}

/** Else migrations would go to one database, and the service would work on another. */
async function assertSameTables(asOwner: Work, asService: Work): Promise<void> {
  const places = await Promise.all([asOwner, asService].map((work) => work(placeOfTables).catch(() => undefined)));
  const [owners, services] = places;
  // That a role may not look is found where everything else is that it may not.
  if (owners === undefined || services === undefined || owners === services) return;
  throw new StartupProblem(
    'DATABASE_URL and DATABASE_MIGRATION_URL do not lead to the same tables: let both name the same database, and the same schema.',
  );
}

async function problemOf(
  error: unknown,
  { variable, url, asOwner }: { variable: string; url: string; asOwner: Work },
): Promise<StartupProblem> {
  if (error instanceof StartupProblem) return error;
  if (errorCode(error) === READ_ONLY) {
    const fault = await asOwner(readOnly).catch(() => undefined);
    if (fault !== undefined)
      return new StartupProblem(fault.advice.replaceAll('DATABASE_URL', variable), { mayPass: !fault.lasting });
  }
  if (errorCode(error) === NOT_PERMITTED) {
    return new StartupProblem(
      `The role in ${variable} may not make the tables of the service (${databaseReason(error)}). Set DATABASE_MIGRATION_URL to the role that owns them, or run deploy/postgres/roles.sql, or grant it \`create\` on the schema.`,
      { cause: error },
    );
  }
  return unusable(error, variable, url);
}

const unusable = (error: unknown, variable: string, url: string): StartupProblem =>
  new StartupProblem(
    `PostgreSQL at ${new URL(url).host} cannot be used: ${databaseReason(error)}. Check ${variable} and the server.${poolerHint(error)}`,
    { cause: error },
  );
