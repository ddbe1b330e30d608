// A person with keys, and a service that asks for them: over memory, with an audit log that can fail.

import type { KeyVault } from '../../src/crypto/key-vault.ts';
import { createKeyRelease } from '../../src/release/key-release.ts';
import type { ReleaseRequest } from '../../src/release/released-key.ts';
import type { ServiceCaller } from '../../src/services/service-caller.ts';
import { createFindUserByEmail } from '../../src/users/find-user-by-email.ts';
import { createTiers } from '../../src/users/tiers.ts';
import type { CachedUser } from '../../src/users/user-cache.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

export const SERVICE: ServiceCaller = {
  kind: 'service',
  id: 'llm-proxy',
  scopes: new Set(['resolve']),
  providers: undefined,
};
const ORIGIN = { requestId: 'r-1', address: '10.0.0.7' };
export const KEYS = { openai: 'sk-openai-0123456789', anthropic: 'sk-ant-0123456789', groq: 'gsk_0123456789' };
export const SYSTEM = { openai: 'sk-system-openai-1', together: 'system-together-1' };

export type ReleaseWorld = ReturnType<typeof createReleaseWorld>;

export function createReleaseWorld() {
  const world = createKeyWorld();
  const audit = createMemoryAuditLog();
  /** What the test says of how old a remembered user is, which system keys there are, and what else is not as usual. */
  const given: {
    age: Partial<CachedUser>;
    systemKeys: ReadonlyMap<string, string>;
    requireVerified: boolean;
    /** In place of the vault that sealed. */
    vault: Pick<KeyVault, 'open'> | undefined;
  } = {
    age: {},
    systemKeys: new Map(Object.entries(SYSTEM)),
    requireVerified: true,
    vault: undefined,
  };

  function release(request: Partial<ReleaseRequest> = {}, caller: ServiceCaller = SERVICE) {
    const { cache, directory, vault, userId } = world;
    const service = createKeyRelease({
      cache: {
        find: async (id) => {
          const found = await cache.find(id);
          return found && { ...found, ...given.age };
        },
      },
      findUserByEmail: createFindUserByEmail({
        directory,
        cache,
        maxUsers: 10,
        requireVerified: given.requireVerified,
      }),
      vault: given.vault ?? vault,
      tiers: createTiers(),
      minimumTier: 'starter',
      systemKeys: given.systemKeys,
      audit,
      ttlMs: 300_000,
    });
    const whole = { user: { id: userId }, wanted: { provider: 'openai' }, systemFallback: false, ...request };
    return service.release(caller, whole, ORIGIN);
  }
  const system = (request: Partial<ReleaseRequest> = {}) => release({ systemFallback: true, ...request });
  return { world, audit, given, release, system };
}

/** The row that a release leaves in the audit log. */
export const row = (more: object) => ({
  action: 'key.release',
  actor: { kind: 'service', id: 'llm-proxy' },
  provider: 'openai',
  ...ORIGIN,
  ...more,
});

export const refusal = (reason: string) => ({ code: 'key_not_released', status: 404, extras: { reason } });
