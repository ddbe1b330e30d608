// A realm with many users who have keys, made by import: one by one would take minutes.

import { keyPlace } from '../src/crypto/key-place.ts';
import type { KeyVault } from '../src/crypto/key-vault.ts';
import { PROVIDERS } from '../src/providers/provider-table.ts';
import { defaultLabel, storeChanges } from '../src/users/key-record.ts';
import type { TestRealm } from '../test/support/keycloak/realm.ts';

const CHUNK = 500;

export const userId = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
export const userEmail = (i: number): string => `user-${i}@example.com`;

/** Users number `from` to `to` − 1, each with a key for OpenAI. */
export async function importUsers(realm: TestRealm, vault: KeyVault, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += CHUNK) {
    const users = Array.from({ length: Math.min(CHUNK, to - first) }, (_, i) => representation(first + i, vault));
    await realm.admin('POST', '/partialImport', { ifResourceExists: 'FAIL', users });
  }
}

function representation(i: number, vault: KeyVault) {
  const provider = PROVIDERS.get('openai');
  if (provider === undefined) throw new Error('no provider openai');
  const place = keyPlace({ kind: 'user', id: userId(i) }, { provider: provider.id, endpoint: undefined });
  const record = {
    ...vault.seal(place, `sk-bench-${i}-0123456789abcdef`),
    provider: provider.id,
    label: defaultLabel(provider),
    endpoint: undefined,
    addedDate: '2026-01-01T00:00:00.000Z',
    lastTested: undefined,
    testStatus: undefined,
    testReason: undefined,
    enabled: true,
    version: 1,
  };
  const attributes: Record<string, string[]> = { subscription_tier: ['starter'] };
  for (const [name, value] of storeChanges(record)) if (value !== null) attributes[name] = [value];
  const email = userEmail(i);
  return { id: userId(i), username: email, email, firstName: 'Ada', lastName: 'Lovelace', enabled: true, attributes };
}
