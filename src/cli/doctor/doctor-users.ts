// Doctor: accounts that the old service damaged. Reads only.

import { createAuditChain } from '../../audit/audit-chain.ts';
import { learnKeyLedger } from '../../audit/master-keys/postgres-key-ledger.ts';
import type { Config } from '../../config/config.ts';
import { parseMasterKeys } from '../../crypto/key-check.ts';
import { keyPlace } from '../../crypto/key-place.ts';
import { createKeyVault, type KeyVault, type OpenedKey } from '../../crypto/key-vault.ts';
import { createMasterKeys } from '../../crypto/master-keys.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { MIGRATIONS, pendingMigrations } from '../../database/database-migrations.ts';
import { holdsDatabase } from '../../database/pglite-database.ts';
import { requiresVerifiedEmail } from '../../database/postgres-settings.ts';
import { createKeycloakUserDirectory } from '../../keycloak/keycloak-user-directory.ts';
import type { Provider } from '../../providers/provider-table.ts';
import { otherKeyIds } from '../../replicas/postgres-replica-keys.ts';
import { readKeyRecord } from '../../users/key-record.ts';
import { createMemoryUserLock } from '../../users/memory-user-lock.ts';
import type { DirectoryUser } from '../../users/user-directory.ts';
import { ok, type Result, warn } from './doctor-findings.ts';
import { findDamagedUsers } from './user-health.ts';

const SHOWN = 20;

export async function* checkUsers(config: Config): AsyncGenerator<Result> {
  const { keycloak, encryptionKeys, requireBinding } = config;
  if (keycloak === undefined) return;
  const masterKeys = createMasterKeys(parseMasterKeys(encryptionKeys ?? []));
  await withDatabase(config, async ({ db }) => {
    if ((await pendingMigrations(db)).length > 0) return;
    await learnKeyLedger(db, createAuditChain(masterKeys));
    masterKeys.learnOthers(await otherKeyIds(db));
  });
  const vault = createKeyVault(masterKeys, { requireBinding });
  await using directory = createKeycloakUserDirectory({ ...keycloak, lock: createMemoryUserLock({ waitMs: 1 }) });
  let found = 0;
  let unverified = 0;
  const users = { listUsers: () => counted(directory.listUsers(), isUnverified, () => (unverified += 1)) };
  for await (const { message } of findDamagedUsers(users, { stateOf: statesBy(vault) })) {
    found += 1;
    if (found <= SHOWN) yield warn(message);
  }
  if (found > SHOWN) yield warn(`and ${found - SHOWN} more like these`);
  if (found === 0) yield ok('no account is damaged, and every key can be read and belongs to its owner');
  yield* checkAddresses(config, unverified);
}

async function* checkAddresses(config: Config, unverified: number): AsyncGenerator<Result> {
  if (unverified === 0) return yield ok('every address is verified');
  const accounts = unverified === 1 ? '1 account has an address' : `${unverified} accounts have an address`;
  yield (await isVerifiedRequired(config))
    ? warn(
        `${accounts} that nobody has verified, so that services do not find them by email: have them verified in Keycloak, or set BYOK_REQUIRE_VERIFIED_EMAIL=false if you trust where they come from.`,
      )
    : warn(
        `${accounts} that nobody has verified, and still identify people by it: have them verified in Keycloak, then set BYOK_REQUIRE_VERIFIED_EMAIL=true.`,
      );
}

async function isVerifiedRequired(config: Config): Promise<boolean> {
  if (config.requireVerifiedEmail !== undefined) return config.requireVerifiedEmail;
  const required = await withDatabase(config, async ({ db }) => {
    const pending = await pendingMigrations(db);
    // It is decided with the tables: by then a database that has some was in use before.
    if (pending.length > 0) return pending.length === Object.keys(MIGRATIONS).length;
    return await requiresVerifiedEmail(db, undefined);
  });
  // No database yet: the first start makes a database that asks for it.
  return required ?? true;
}

/** @returns undefined where there is none yet. */
async function withDatabase<T>(
  { databaseUrl, dataDir }: Config,
  use: (database: Database) => Promise<T>,
): Promise<T | undefined> {
  if (databaseUrl === undefined && !holdsDatabase(dataDir)) return undefined;
  await using database = await openDatabase({ databaseUrl, dataDir, attach: true, missing: 'leave' });
  return await use(database);
}

const isUnverified = ({ email, emailVerified }: DirectoryUser): boolean => email !== undefined && !emailVerified;

async function* counted<T>(
  items: AsyncIterable<T>,
  matches: (item: T) => boolean,
  count: () => void,
): AsyncGenerator<T> {
  for await (const item of items) {
    if (matches(item)) count();
    yield item;
  }
}

const statesBy =
  (vault: KeyVault) =>
  (user: DirectoryUser, provider: Provider): OpenedKey['state'] | undefined => {
    const record = readKeyRecord(user.attributes, provider);
    if (record === undefined) return undefined;
    return vault.open(keyPlace({ kind: 'user', id: user.id }, record), record).state;
  };
