// Doctor: accounts that the old service damaged. Reads only.
import { createKeycloakUserDirectory } from '../adapters/keycloak-user-directory.ts';
import { createMemoryUserLock } from '../adapters/memory-user-lock.ts';
import type { Config } from '../config.ts';
import { readKeyRecord } from '../domain/key-record.ts';
import { createKeyVault, type KeyVault, type OpenedKey } from '../domain/key-vault.ts';
import type { Provider } from '../domain/provider-table.ts';
import type { DirectoryUser } from '../domain/user-directory.ts';
import { parseMasterKeys } from '../master-keys.ts';
import { ok, type Result, warn } from './doctor-findings.ts';
import { findDamagedUsers } from './user-health.ts';

const SHOWN = 20;

export async function* checkUsers({ keycloak, encryptionKeys, requireBinding }: Config): AsyncGenerator<Result> {
  if (keycloak === undefined) return;
  const vault = createKeyVault(parseMasterKeys(encryptionKeys ?? []), { requireBinding });
  const directory = createKeycloakUserDirectory({ ...keycloak, lock: createMemoryUserLock({ waitMs: 1 }) });
  try {
    let found = 0;
    for await (const { message } of findDamagedUsers(directory, { stateOf: statesBy(vault) })) {
      found += 1;
      if (found <= SHOWN) yield warn(message);
    }
    if (found > SHOWN) yield warn(`and ${found - SHOWN} more like these`);
    if (found === 0) yield ok('no account is damaged, and every key can be read and belongs to its owner');
  } finally {
    await directory.close();
  }
}

const statesBy =
  (vault: KeyVault) =>
  (user: DirectoryUser, provider: Provider): OpenedKey['state'] | undefined => {
    const record = readKeyRecord(user.attributes, provider);
    if (record === undefined) return undefined;
    return vault.open({ userId: user.id, provider: provider.id, endpoint: record.endpoint }, record).state;
  };
