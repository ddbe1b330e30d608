// The part of the composition that serves internal services: identity, release, tiers, usage.
import type { Logger } from 'pino';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import type { Keys } from '../keys/compose-keys.ts';
import { countedRelease, createKeyRelease } from '../release/key-release.ts';
import { createPostgresServiceTokens } from '../services/postgres-service-tokens.ts';
import { createServiceIdentities } from '../services/service-identities.ts';
import type { People } from '../sessions/compose-sessions.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createPostgresUsage } from '../usage/postgres-usage.ts';
import { createSubscriptions } from '../usage/subscriptions.ts';
import { createUsageService } from '../usage/usage.ts';
import { createUsageMirror, type UsageMirror } from '../usage/usage-mirror.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import { createFindUser } from '../users/find-user.ts';
import type { Core } from './core.ts';
import type { InternalDeps } from './internal-scope.ts';

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
