// What the service and the commands have in common: the database, the master keys, the user directory.
import { type Database, openDatabase } from './adapters/database.ts';
import type { OnQuery } from './adapters/database-queries.ts';
import { readOrCreateEncryptionKey } from './adapters/embedded-encryption-key.ts';
import type { KeycloakCall } from './adapters/keycloak-admin.ts';
import { createKeycloakUserDirectory } from './adapters/keycloak-user-directory.ts';
import { createMemoryUserLock } from './adapters/memory-user-lock.ts';
import { seedDemoUsers } from './adapters/postgres-demo-users.ts';
import { createPostgresKeyCheck } from './adapters/postgres-key-check.ts';
import { createPostgresUserDirectory } from './adapters/postgres-user-directory.ts';
import type { Config } from './config.ts';
import { verifyKeyCheck } from './domain/key-check.ts';
import { createKeyVault, type KeyVault } from './domain/key-vault.ts';
import type { UserDirectory } from './domain/user-directory.ts';
import { parseMasterKeys } from './master-keys.ts';
import { readPem } from './pem-file.ts';

const LOCK_WAIT_MS = 15_000;

export interface Core {
  readonly database: Database;
  readonly directory: UserDirectory;
  readonly vault: KeyVault;
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
  const { databaseUrl, dataDir } = config;
  const database = await openDatabase({ databaseUrl, dataDir, attach, onQuery, ...(log === undefined ? {} : { log }) });
  try {
    const masterKeys = await readMasterKeys(config, database);
    await verifyKeyCheck(createPostgresKeyCheck(database.db), masterKeys);
    const directory = await openDirectory(config, database, onKeycloakCall);
    return {
      database,
      directory,
      vault: createKeyVault(masterKeys, { requireBinding: config.requireBinding }),
      async close() {
        await directory.close();
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

async function openDirectory(
  { keycloak }: Config,
  { db }: Database,
  onCall: CoreOptions['onKeycloakCall'],
): Promise<UserDirectory> {
  const lock = createMemoryUserLock({ waitMs: LOCK_WAIT_MS });
  if (keycloak?.caFile !== undefined) readPem('KEYCLOAK_CA_FILE', keycloak.caFile);
  if (keycloak !== undefined)
    return createKeycloakUserDirectory({ ...keycloak, lock, ...(onCall === undefined ? {} : { onCall }) });
  await seedDemoUsers(db);
  return createPostgresUserDirectory({ db, lock });
}
