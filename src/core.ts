// What the service and the commands have in common: the database, the master keys, the user directory.
import { type Database, openDatabase } from './adapters/database.ts';
import type { OnQuery } from './adapters/database-queries.ts';
import { readOrCreateEncryptionKey } from './adapters/embedded-encryption-key.ts';
import type { KeycloakCall } from './adapters/keycloak-admin.ts';
import { createKeycloakBreaker, type KeycloakBreaker } from './adapters/keycloak-breaker.ts';
import { createKeycloakUserDirectory, MAX_SECTION_MS } from './adapters/keycloak-user-directory.ts';
import { createMemoryUserLock } from './adapters/memory-user-lock.ts';
import { seedDemoUsers } from './adapters/postgres-demo-users.ts';
import { createPostgresKeyCheck } from './adapters/postgres-key-check.ts';
import { createPostgresUserDirectory } from './adapters/postgres-user-directory.ts';
import { createPostgresUserLock } from './adapters/postgres-user-lock.ts';
import type { Config } from './config.ts';
import { type AuditChain, createAuditChain } from './domain/audit-chain.ts';
import { verifyKeyCheck } from './domain/key-check.ts';
import { createKeyVault, type KeyVault } from './domain/key-vault.ts';
import type { UserDirectory } from './domain/user-directory.ts';
import type { UserLock } from './domain/user-lock.ts';
import { parseMasterKeys } from './master-keys.ts';
import { readPem } from './pem-file.ts';

const LOCK_WAIT_MS = 15_000;

export interface Core {
  readonly database: Database;
  readonly directory: UserDirectory;
  readonly vault: KeyVault;
  readonly auditChain: AuditChain;
  /** Around Keycloak; undefined in the embedded default. */
  readonly breaker: KeycloakBreaker | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

interface CoreOptions {
  /** For commands: work through the running service where it holds the embedded database. */
  attach?: boolean;
  log?: { warn(details: object, message: string): void };
  /** Told of every request to Keycloak’s admin API. */
  onKeycloakCall?: (call: KeycloakCall) => void;
  /** Told of every statement of the database, for traces. */
  onQuery?: OnQuery | undefined;
}

/** @throws StartupProblem where the data and the configuration do not fit; nothing was written then. */
export async function openCore(
  config: Config,
  { attach = false, log, onKeycloakCall, onQuery }: CoreOptions = {},
): Promise<Core> {
  const { databaseUrl, databaseMigrationUrl: migrationUrl, dataDir } = config;
  const database = await openDatabase({
    databaseUrl,
    migrationUrl,
    dataDir,
    attach,
    onQuery,
    ...(log === undefined ? {} : { log }),
  });
  try {
    const masterKeys = await readMasterKeys(config, database);
    await verifyKeyCheck(createPostgresKeyCheck(database.db), masterKeys);
    const breaker = config.keycloak === undefined ? undefined : createKeycloakBreaker();
    const lock = openLock(config, log);
    const directory = await openDirectory(config, database, { lock, breaker, onCall: onKeycloakCall });
    return {
      database,
      directory,
      breaker,
      vault: createKeyVault(masterKeys, { requireBinding: config.requireBinding }),
      auditChain: createAuditChain(masterKeys),
      async close() {
        breaker?.close();
        await directory.close();
        await lock.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function readMasterKeys({ encryptionKeys, dataDir }: Config, { db }: Database): Promise<Buffer[]> {
  // A new key is made only while nothing was ever stored with one.
  const mayCreate = (await createPostgresKeyCheck(db).read()) === undefined;
  const texts = encryptionKeys ?? [await readOrCreateEncryptionKey({ dataDir, mayCreate })];
  return parseMasterKeys(texts);
}

/** Replicas that share a database take turns over it; the embedded database is for one process. */
function openLock({ databaseUrl }: Config, log: CoreOptions['log']): UserLock & { close(): Promise<void> } {
  if (databaseUrl === undefined) return { ...createMemoryUserLock({ waitMs: LOCK_WAIT_MS }), close: async () => {} };
  return createPostgresUserLock({ databaseUrl, waitMs: LOCK_WAIT_MS, holdMs: MAX_SECTION_MS, log });
}

async function openDirectory(
  { keycloak }: Config,
  { db }: Database,
  {
    lock,
    breaker,
    onCall,
  }: { lock: UserLock; breaker: KeycloakBreaker | undefined; onCall: CoreOptions['onKeycloakCall'] },
): Promise<UserDirectory> {
  if (keycloak?.caFile !== undefined) readPem('KEYCLOAK_CA_FILE', keycloak.caFile);
  if (keycloak !== undefined)
    return createKeycloakUserDirectory({ ...keycloak, lock, breaker, ...(onCall === undefined ? {} : { onCall }) });
  await seedDemoUsers(db);
  return createPostgresUserDirectory({ db, lock });
}
