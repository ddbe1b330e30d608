// What the service and the commands have in common: the database, the master keys, the user directory.
import { type AuditChain, createAuditChain } from '../audit/audit-chain.ts';
import { learnKeyLedger } from '../audit/master-keys/postgres-key-ledger.ts';
import type { Config } from '../config/config.ts';
import { readPem } from '../config/pem-file.ts';
import { readOrCreateEncryptionKey } from '../crypto/embedded-encryption-key.ts';
import { parseMasterKeys, verifyKeyCheck } from '../crypto/key-check.ts';
import { createKeyVault, type KeyVault } from '../crypto/key-vault.ts';
import { checkMasterKeys, createMasterKeys, type MasterKeys } from '../crypto/master-keys.ts';
import { createPostgresKeyCheck } from '../crypto/postgres-key-check.ts';
import { createSealedText, type SealedText } from '../crypto/sealed-text.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { databaseFault, STANDBY } from '../database/database-fault.ts';
import type { OnQuery } from '../database/database-statements.ts';
import { unwritable } from '../database/database-writability.ts';
import { createKeycloakBreaker, type KeycloakBreaker } from '../keycloak/health/keycloak-breaker.ts';
import type { KeycloakCall } from '../keycloak/keycloak-call.ts';
import { createKeycloakUserDirectory, MAX_SECTION_MS } from '../keycloak/keycloak-user-directory.ts';
import { otherKeyIds } from '../replicas/postgres-replica-keys.ts';
import { StartupProblem } from '../shared/errors.ts';
import { createMemoryUserLock } from '../users/memory-user-lock.ts';
import { seedDemoUsers } from '../users/postgres-demo-users.ts';
import { createPostgresUserDirectory } from '../users/postgres-user-directory.ts';
import { createPostgresUserLock, type PostgresUserLock } from '../users/postgres-user-lock.ts';
import type { UserDirectory } from '../users/user-directory.ts';
import type { UserLock } from '../users/user-lock.ts';

const LOCK_WAIT_MS = 15_000;

export interface Core extends AsyncDisposable {
  readonly database: Database;
  readonly directory: UserDirectory;
  readonly masterKeys: MasterKeys;
  readonly vault: KeyVault;
  readonly auditChain: AuditChain;
  readonly sealedSignIns: SealedText;
  /** Takes a turn at writing a user that nobody else wants. @throws ByokError `database_unavailable`. */
  readonly tryLock: () => Promise<void>;
  /** From now on the database is asked in sessions with the settings that count now. */
  readonly renewSessions: () => Promise<void>;
  /** Around Keycloak; undefined in the embedded default. */
  readonly breaker: KeycloakBreaker | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

interface CoreOptions {
  /** For commands: work through the running service where it holds the embedded database. */
  attach?: boolean;
  /** Whether data folder, tables and encryption key are made where they are missing. Default: only for the service. */
  create?: boolean;
  /** Added to the sentence that refuses where nothing is stored. */
  hint?: string | undefined;
  log?: { warn(details: object, message: string): void };
  /** Told of every request to Keycloak’s admin API. */
  onKeycloakCall?: (call: KeycloakCall) => void;
  /** Told of every statement of the database, for traces. */
  onQuery?: OnQuery | undefined;
}

/** @throws StartupProblem where the data and the configuration do not fit; nothing was written then. */
export async function openCore(
  config: Config,
  { attach = false, create = !attach, hint, log, onKeycloakCall, onQuery }: CoreOptions = {},
): Promise<Core> {
  const { databaseUrl, databaseMigrationUrl: migrationUrl, dataDir } = config;
  const database = await openDatabase({
    databaseUrl,
    migrationUrl,
    dataDir,
    attach,
    missing: create ? 'make' : 'refuse',
    hint,
    onQuery,
    ...(log === undefined ? {} : { log }),
  });
  try {
    const masterKeys = createMasterKeys(await readMasterKeys(config, database, create));
    const bytes = masterKeys.all.map((key) => key.bytes);
    await verifyKeyCheck(createPostgresKeyCheck(database.db), bytes, { mayWrite: create });
    const auditChain = createAuditChain(masterKeys);
    await learnKeyLedger(database.db, auditChain);
    checkMasterKeys(masterKeys);
    if (config.databaseUrl !== undefined) masterKeys.learnOthers(await otherKeyIds(database.db));
    const breaker = config.keycloak === undefined ? undefined : createKeycloakBreaker();
    const lock = openLock(config, log);
    const directory = await openDirectory(config, database, { lock, breaker, create, onCall: onKeycloakCall, log });
    const close = async (): Promise<void> => {
      breaker?.close();
      await directory.close();
      await lock.close();
      await database.close();
    };
    return {
      database,
      directory,
      breaker,
      tryLock: lock.tryLock,
      renewSessions: async () => void (await Promise.all([database.renew(), lock.renew()])),
      vault: createKeyVault(masterKeys, { requireBinding: config.requireBinding }),
      masterKeys,
      auditChain,
      sealedSignIns: createSealedText(masterKeys, 'sign-in cookie'),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    const problem = await startProblemOf(error, database);
    await database.close();
    throw problem;
  }
}

/** A database that takes no writes says so with the first of them: the sentence says why, and what to do. */
async function startProblemOf(error: unknown, { db }: Database): Promise<unknown> {
  const refusal = databaseFault(error);
  if (refusal.word !== STANDBY.word && refusal.word !== 'not_permitted') return error;
  const { advice, lasting } = (await unwritable(db).catch(() => undefined)) ?? refusal;
  return new StartupProblem(advice, { mayPass: !lasting });
}

async function readMasterKeys(
  { encryptionKeys, dataDir }: Config,
  { db }: Database,
  create: boolean,
): Promise<Buffer[]> {
  // A new key is made only while nothing was ever stored with one.
  const mayCreate = create && (await createPostgresKeyCheck(db).read()) === undefined;
  const texts = encryptionKeys ?? [await readOrCreateEncryptionKey({ dataDir, mayCreate })];
  return parseMasterKeys(texts);
}

/** Replicas that share a database take turns over it; the embedded database is for one process. */
function openLock({ databaseUrl }: Config, log: CoreOptions['log']): PostgresUserLock {
  if (databaseUrl === undefined)
    return {
      ...createMemoryUserLock({ waitMs: LOCK_WAIT_MS }),
      tryLock: async () => {},
      renew: async () => {},
      close: async () => {},
    };
  return createPostgresUserLock({ databaseUrl, waitMs: LOCK_WAIT_MS, holdMs: MAX_SECTION_MS, log });
}

async function openDirectory(
  { keycloak }: Config,
  { db }: Database,
  {
    lock,
    breaker,
    create,
    onCall,
    log,
  }: {
    lock: UserLock;
    breaker: KeycloakBreaker | undefined;
    create: boolean;
    onCall: CoreOptions['onKeycloakCall'];
    log: CoreOptions['log'];
  },
): Promise<UserDirectory> {
  if (keycloak?.caFile !== undefined) readPem('KEYCLOAK_CA_FILE', keycloak.caFile);
  if (keycloak !== undefined)
    return createKeycloakUserDirectory({
      ...keycloak,
      lock,
      breaker,
      ...(onCall === undefined ? {} : { onCall }),
      onWarning: log && ((message) => log.warn({}, message)),
    });
  if (create) await seedDemoUsers(db);
  return createPostgresUserDirectory({ db, lock });
}
