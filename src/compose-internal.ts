// The part of the composition that serves internal services: identity, release, tiers, usage.
import type { Logger } from 'pino';
import { createPostgresServiceTokens } from './adapters/postgres-service-tokens.ts';
import { createPostgresUsage } from './adapters/postgres-usage.ts';
import type { Config } from './config.ts';
import type { Core } from './core.ts';
import type { AuditLog } from './domain/audit-log.ts';
import { createFindUser } from './domain/find-user.ts';
import type { IdentityProvider } from './domain/identity-provider.ts';
import { createKeyRelease } from './domain/key-release.ts';
import { createServiceIdentities } from './domain/service-identities.ts';
import { createSubscriptions } from './domain/subscriptions.ts';
import type { Tiers } from './domain/tiers.ts';
import { createUsageService } from './domain/usage.ts';
import { createUsageMirror, type UsageMirror } from './domain/usage-mirror.ts';
import type { UserCache } from './domain/user-cache.ts';
import type { InternalDeps } from './http/internal-scope.ts';

interface Parts {
  readonly cache: UserCache;
  readonly tiers: Tiers;
  readonly audit: AuditLog;
  readonly findUserIdByEmail: (email: string) => Promise<string | undefined>;
  readonly identityProvider: IdentityProvider | undefined;
  readonly assertWritable: () => void;
  readonly logger: Logger;
}

const MIRROR_LOOK_MS = 3_600_000;
const MIRROR_PAUSE_MS = 250;

export function composeInternal(
  config: Config,
  { database, directory, vault }: Pick<Core, 'database' | 'directory' | 'vault'>,
  { cache, tiers, audit, findUserIdByEmail, identityProvider, assertWritable, logger }: Parts,
): { internal: InternalDeps; mirror: UsageMirror | undefined } {
  const store = createPostgresUsage(database.db);
  const usage = createUsageService({ store, findUser: createFindUser({ cache, findUserIdByEmail }), audit });
  const internal: InternalDeps = {
    audit,
    serviceIdentities: createServiceIdentities({ tokens: createPostgresServiceTokens(database.db), identityProvider }),
    keyRelease: createKeyRelease({
      cache,
      findUserIdByEmail,
      vault,
      tiers,
      minimumTier: config.minimumTier,
      systemKeys: config.systemKeys,
      audit,
      ttlMs: config.cache.ttlMs,
    }),
    usage,
    subscriptions: createSubscriptions({
      directory,
      cache,
      tiers,
      knownTiers: new Set(Object.keys(config.tierRanks)),
      usage,
      audit,
      assertWritable,
    }),
  };
  const mirror = config.usageMirror
    ? createUsageMirror({
        store,
        directory,
        cache,
        everyMs: MIRROR_LOOK_MS,
        pauseMs: MIRROR_PAUSE_MS,
        onError: (error) => logger.warn({ err: error }, 'a count could not be copied to its user'),
      })
    : undefined;
  return { internal, mirror };
}
