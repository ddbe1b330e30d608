// Doctor: the database, its tables, and whether the encryption key is the one that it was used with.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tryDatabase } from '../../app/database-trial.ts';
import { createAuditChain } from '../../audit/audit-chain.ts';
import type { Config } from '../../config/config.ts';
import { readOrCreateEncryptionKey } from '../../crypto/embedded-encryption-key.ts';
import { keyCheckValue, parseMasterKeys } from '../../crypto/key-check.ts';
import { createPostgresKeyCheck } from '../../crypto/postgres-key-check.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { databaseFault } from '../../database/database-fault.ts';
import { pendingMigrations } from '../../database/database-migrations.ts';
import { holdsDatabase } from '../../database/pglite-database.ts';
import { mayMakeTables } from '../../database/postgres-tables-place.ts';
import { LOCK_FILE } from '../../database/sqlite-folder-lock.ts';
import { countReplicas } from '../../replicas/postgres-replica-keys.ts';
import { createPostgresRefusedClients } from '../../sessions/postgres-refused-clients.ts';
import { createPostgresUserLock } from '../../users/postgres-user-lock.ts';
import { fail, ok, type Result, warn } from './doctor-findings.ts';
import { checkHeldTurns } from './doctor-held-turns.ts';
import { checkMasterKeyLists } from './doctor-master-keys.ts';

const LOCK_MS = 5_000;

export async function* checkDatabase(config: Config): AsyncGenerator<Result> {
  const { databaseUrl, databaseMigrationUrl: migrationUrl, dataDir, production } = config;
  // While it is being made for the first time, the folder is there already: opening waits for it.
  if (databaseUrl === undefined && !existsSync(join(dataDir, LOCK_FILE)) && !holdsDatabase(dataDir)) {
    yield ok(`nothing is stored in ${resolve(dataDir)} yet; the first start makes the embedded database`);
    return;
  }
  await using database = await openDatabase({ databaseUrl, migrationUrl, dataDir, attach: true, missing: 'leave' });
  await database.ping();
  yield ok(
    {
      postgres: 'PostgreSQL answers',
      pglite: 'the embedded database answers',
      attached: 'the embedded database answers, through the running service',
    }[database.kind],
  );
  if (production && databaseUrl === undefined) {
    yield warn(
      'the embedded database is for one process: set DATABASE_URL before you run a second replica, and back up BYOK_DATA_DIR.',
    );
  }
  const pending = await pendingMigrations(database.db);
  if (pending.length > 0) yield await checkMigration(config, database, pending);
  else {
    yield await checkWrites(config, database);
    yield* checkHeldTurns(database);
    yield* checkKey(config, database);
    yield* checkReplicas(config, database);
    yield* checkRefusedClients(config, database);
  }
}

async function checkMigration(config: Config, database: Database, pending: readonly string[]): Promise<Result> {
  const names = pending.join(', ');
  if (config.databaseUrl === undefined || (await database.asOwner(mayMakeTables)))
    return warn(`the next start of the service, or \`byok migrate\`, makes its tables (${names}).`);
  return config.databaseMigrationUrl === undefined
    ? fail(
        `it lacks tables (${names}), and the role in DATABASE_URL may not make them. Set DATABASE_MIGRATION_URL to the role that owns them (deploy/postgres/roles.sql), or grant this one \`create\` on the schema.`,
      )
    : fail(
        `it lacks tables (${names}), and the role in DATABASE_MIGRATION_URL may not make them: set it to the role that owns them.`,
      );
}

/** As the service does at intervals. What is appended is taken back, so that any key will do for it. */
async function checkWrites({ databaseUrl }: Config, database: Database): Promise<Result> {
  const auditChain = createAuditChain([randomBytes(32)]);
  const lock =
    databaseUrl === undefined ? undefined : createPostgresUserLock({ databaseUrl, waitMs: LOCK_MS, holdMs: LOCK_MS });
  try {
    const tryLock = lock?.tryLock ?? (async () => undefined);
    await tryDatabase(database, { auditChain, tryLock, renewSessions: database.renew });
    return ok('it takes what the service writes: rows of the audit log, write intents and locks');
  } catch (error) {
    return fail(databaseFault(error).advice);
  } finally {
    await lock?.close();
  }
}

async function* checkKey({ encryptionKeys, dataDir }: Config, database: Database): AsyncGenerator<Result> {
  const stored = await createPostgresKeyCheck(database.db).read();
  if (stored === undefined) {
    yield ok('no encryption key was used with it yet');
    return;
  }
  const texts = encryptionKeys ?? [await readOrCreateEncryptionKey({ dataDir, mayCreate: false })];
  const keys = parseMasterKeys(texts);
  if (keys.map(keyCheckValue).includes(stored)) {
    yield ok('the encryption key is the one that it was used with');
    yield* checkMasterKeyLists(database, keys);
  } else
    yield fail(
      'it was used with another ENCRYPTION_KEY: put that key back into the list, beside the one that is there: ENCRYPTION_KEY=new,old.',
    );
}

async function* checkReplicas({ redisUrl }: Config, { db }: Database): AsyncGenerator<Result> {
  const count = await countReplicas(db);
  if (count < 2) return;
  if (redisUrl !== undefined) yield ok(`${count} replicas are running`);
  else
    yield warn(
      `${count} replicas seem to run without Redis: set REDIS_URL for all of them, or a changed key goes on in the others for CACHE_TTL_SECONDS.`,
    );
}

/** Clients that the service has refused, and that are not allowed since. */
async function* checkRefusedClients({ keycloak }: Config, { db }: Database): AsyncGenerator<Result> {
  if (keycloak === undefined) return;
  const refused = await createPostgresRefusedClients(db).list();
  for (const { clientId, lastSeenAt } of refused.filter((one) => !keycloak.allowedClients.includes(one.clientId)))
    yield warn(
      `access tokens of the client ${printable(clientId)} were refused, last on ${lastSeenAt.toISOString()}: where its users are to call this service with them, add it to KEYCLOAK_ALLOWED_CLIENTS.`,
    );
}

/** A client's name is whatever its realm allows. */
const printable = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
