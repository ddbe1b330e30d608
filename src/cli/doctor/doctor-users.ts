// Doctor: accounts that the old service damaged. Reads only.
import type { Config } from '../../config/config.ts';
import { parseMasterKeys } from '../../crypto/key-check.ts';
import { keyPlace } from '../../crypto/key-place.ts';
import { createKeyVault, type KeyVault, type OpenedKey } from '../../crypto/key-vault.ts';
import { createKeycloakUserDirectory } from '../../keycloak/keycloak-user-directory.ts';
import type { Provider } from '../../providers/provider-table.ts';
import { readKeyRecord } from '../../users/key-record.ts';
import { createMemoryUserLock } from '../../users/memory-user-lock.ts';
import type { DirectoryUser } from '../../users/user-directory.ts';
import { ok, type Result, warn } from './doctor-findings.ts';
import { findDamagedUsers } from './user-health.ts';

const SHOWN = 20;

export async function* checkUsers({ keycloak, encryptionKeys, requireBinding }: Config): AsyncGenerator<Result> {
  if (keycloak === undefined) return;
  const vault = createKeyVault(parseMasterKeys(encryptionKeys ?? []), { requireBinding });
  await using directory = createKeycloakUserDirectory({ ...keycloak, lock: createMemoryUserLock({ waitMs: 1 }) });
  let found = 0;
  for await (const { message } of findDamagedUsers(directory, { stateOf: statesBy(vault) })) {
    found += 1;
    if (found <= SHOWN) yield warn(message);
  }
  if (found > SHOWN) yield warn(`and ${found - SHOWN} more like these`);
  if (found === 0) yield ok('no account is damaged, and every key can be read and belongs to its owner');
}

const statesBy =
  (vault: KeyVault) =>
  (user: DirectoryUser, provider: Provider): OpenedKey['state'] | undefined => {
    const record = readKeyRecord(user.attributes, provider);
    if (record === undefined) return undefined;
    return vault.open(keyPlace({ kind: 'user', id: user.id }, record), record).state;
  };
