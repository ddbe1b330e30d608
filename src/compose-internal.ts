// The part of the composition that serves internal services: identity, release, tiers, usage.
import type { Logger } from 'pino';
import { createPostgresServiceTokens } from './adapters/postgres-service-tokens.ts';
import { createPostgresUsage } from './adapters/postgres-usage.ts';
import type { Audit } from './compose-audit.ts';
import type { Keys } from './compose-keys.ts';
import type { People } from './compose-people.ts';
import type { Config } from './config.ts';
import type { Core } from './core.ts';
import { countedRelease } from './domain/counted-release.ts';
import { createFindUser } from './domain/find-user.ts';
import { createKeyRelease } from './domain/key-release.ts';
import type { Metrics } from './domain/metrics.ts';
import { createServiceIdentities } from './domain/service-identities.ts';
import { createSubscriptions } from './domain/subscriptions.ts';
import { createUsageService } from './domain/usage.ts';
import { createUsageMirror, type UsageMirror } from './domain/usage-mirror.ts';
import type { UsageStore } from './domain/usage-store.ts';
import type { InternalDeps } from './http/internal-scope.ts';

interface Parts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly audit: Audit;
  readonly keys: Keys;
  readonly people: People;
}

const MIRROR_LOOK_MS = 3_600_000;
const MIRROR_PAUSE_MS = 250;

export function composeInternal(
  config: Config,
  { database, directory }: Core,
  { logger, metrics, audit: { log: audit }, keys, people }: Parts,
): { internal: InternalDeps; mirror: UsageMirror | undefined } {
  const { vault, tiers, cache, writes, findUserIdByEmail } = keys;
  const store = createPostgresUsage(database.db);
  const usage = createUsageService({ store, findUser: createFindUser({ cache, findUserIdByEmail }), audit });
  const internal: InternalDeps = {
    audit,
    serviceIdentities: createServiceIdentities({
      tokens: createPostgresServiceTokens(database.db),
      identityProvider: people.signIn?.identityProvider,
    }),
    keyRelease: countedRelease(
      metrics,
      createKeyRelease({
        cache,
        findUserIdByEmail,
        vault,
        tiers,
        minimumTier: config.minimumTier,
        systemKeys: config.systemKeys,
        audit,
        ttlMs: config.cache.ttlMs,
      }),
    ),
    usage,
    subscriptions: createSubscriptions({
      directory,
      writes,
      tiers,
      knownTiers: new Set(Object.keys(config.tierRanks)),
      usage,
      audit,
      assertWritable: keys.readiness.assertWritable,
    }),
  };
  const mirror = config.usageMirror ? openMirror(store, { directory, writes, logger }) : undefined;
  return { internal, mirror };
}

function openMirror(
  store: UsageStore,
  { directory, writes, logger }: Pick<Core, 'directory'> & Pick<Keys, 'writes'> & Pick<Parts, 'logger'>,
): UsageMirror {
  return createUsageMirror({
    store,
    directory,
    writes,
    everyMs: MIRROR_LOOK_MS,
    pauseMs: MIRROR_PAUSE_MS,
    onError: (error) => logger.warn({ err: error }, 'a count could not be copied to its user'),
  });
}
