// How much memory 10,000 cached users with five keys take. Runs itself with the garbage collector at hand.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { keyPlace } from '../src/crypto/key-place.ts';
import { createKeyVault } from '../src/crypto/key-vault.ts';
import { PROVIDERS } from '../src/providers/provider-table.ts';
import { defaultLabel, storeChanges } from '../src/users/key-record.ts';
import { createTiers } from '../src/users/tiers.ts';
import { createUserCache } from '../src/users/user-cache.ts';
import type { DirectoryUser } from '../src/users/user-directory.ts';
import { createViewUser } from '../src/users/user-view.ts';
import { atMost, type Result, result } from './result.ts';

const USERS = 10_000;
const KEYS = 5;

export function benchMemory(): Result[] {
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('the memory benchmark has failed');
  const bytes = Number(stdout);
  const detail = `${Math.round(bytes / USERS)} bytes a user`;
  return [result(`${USERS} cached users with ${KEYS} keys`, bytes / 1024 / 1024, 'MB', atMost(50), detail)];
}

async function measure(): Promise<number> {
  const vault = createKeyVault([randomBytes(32)], { requireBinding: true });
  const findById = async (id: string): Promise<DirectoryUser> => madeUpUser(id, vault);
  const cache = createUserCache({
    directory: { findById },
    viewUser: createViewUser({ vault, tiers: createTiers() }),
    ttlMs: 300_000,
    maxUsers: USERS,
  });
  const before = used();
  for (let i = 0; i < USERS; i += 1) await cache.get(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
  const after = used();
  if (cache.counts().size !== USERS) throw new Error('not every user was kept');
  return after - before;
}

/** As Keycloak answers: every string parsed anew. */
function madeUpUser(id: string, vault: ReturnType<typeof createKeyVault>): DirectoryUser {
  const attributes: Record<string, string[]> = { subscription_tier: ['starter'] };
  for (const provider of [...PROVIDERS.values()].slice(0, KEYS)) {
    const place = keyPlace({ kind: 'user', id }, { provider: provider.id, endpoint: undefined });
    const record = {
      ...vault.seal(place, `sk-${randomBytes(24).toString('base64url')}`),
      provider: provider.id,
      label: defaultLabel(provider),
      endpoint: undefined,
      addedDate: new Date().toISOString(),
      lastTested: new Date().toISOString(),
      testStatus: 'valid',
      testReason: 'ok',
      enabled: true,
      version: 1,
    };
    for (const [name, value] of storeChanges(record)) if (value !== null) attributes[name] = [value];
  }
  const user = {
    id,
    username: id,
    email: `${id}@example.com`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    enabled: true,
    attributes,
  };
  return JSON.parse(JSON.stringify(user)) as DirectoryUser;
}

function used(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  for (let i = 0; i < 3; i += 1) collect?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(String(await measure()));
