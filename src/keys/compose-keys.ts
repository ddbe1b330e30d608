// What the service knows of users and does with their keys: memory, writes, the key service, the counts of who has keys.
import type { Logger } from 'pino';
import { type AdoptionWatch, createAdoptionWatch } from '../adoption/adoption-watch.ts';
import { projectKeys } from '../adoption/key-projection.ts';
import { createKeyProjectionFeed } from '../adoption/key-projection-feed.ts';
import { createPostgresKeyProjection } from '../adoption/postgres-key-projection.ts';
import type { Core } from '../app/core.ts';
import type { Config } from '../config/config.ts';
import { readPem } from '../config/pem-file.ts';
import { countedVault, type KeyVault } from '../crypto/key-vault.ts';
import { checkEndpoint } from '../providers/endpoint-policy.ts';
import { countedProbe } from '../providers/provider-probe.ts';
import { createUndiciProviderProbe } from '../providers/undici-provider-probe.ts';
import type { Invalidation } from '../replicas/invalidation.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createFindUserIdByEmail } from '../users/find-user-by-email.ts';
import { createReadiness, type Readiness } from '../users/readiness.ts';
import { createTiers, type Tiers } from '../users/tiers.ts';
import { createUserCache, type UserCache } from '../users/user-cache.ts';
import { createViewUser } from '../users/user-view.ts';
import { createUserWrites, type UserWrites } from '../users/user-writes.ts';
import { createKeyService, type KeyService } from './key-service.ts';

const READINESS_RETRY_MS = 5_000;

interface Surroundings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly invalidation: Pick<Invalidation, 'fresh' | 'announce' | 'written'>;
}

export interface Keys {
  readonly service: KeyService;
  readonly vault: KeyVault;
  readonly tiers: Tiers;
  readonly cache: UserCache;
  readonly writes: UserWrites;
  readonly readiness: Readiness;
  readonly adoption: AdoptionWatch;
  readonly findUserIdByEmail: (email: string) => Promise<string | undefined>;
  /** Idempotent. */
  close(): Promise<void>;
}

export function composeKeys(config: Config, core: Core, { logger, metrics, invalidation }: Surroundings): Keys {
  const { directory } = core;
  const vault = countedVault(core.vault, metrics);
  const tiers = createTiers(config.tierRanks);
  const viewUser = createViewUser({ vault: core.vault, tiers });
  const cache = createUserCache({ directory, viewUser, ...config.cache, fresh: invalidation.fresh });
  const readiness = openReadiness(core, logger);
  const probe = openProbe(config);
  const { feed, adoption } = openProjection(core, logger);
  const writes = createUserWrites({
    cache,
    invalidation,
    onWritten: (user) => feed.put(user.id, projectKeys(user.keys)),
  });
  const service = createKeyService({
    directory,
    cache,
    writes,
    vault,
    tiers,
    minimumTier: config.minimumTier,
    probe: countedProbe(probe, metrics),
    checkEndpoint: (text) => checkEndpoint(text, config.probes),
    assertWritable: readiness.assertWritable,
  });
  const findUserIdByEmail = createFindUserIdByEmail({ directory, cache, ...config.cache });
  const close = async (): Promise<void> => void (await Promise.all([probe.close(), feed.close(), adoption.stop()]));
  return { service, vault, tiers, cache, writes, readiness, adoption, findUserIdByEmail, close };
}

function openReadiness({ directory }: Core, logger: Logger): Readiness {
  return createReadiness({
    directory,
    retryMs: READINESS_RETRY_MS,
    onNotReady: (error) => logger.warn({ err: error }, 'the user directory is not ready: no writes yet'),
    onReady: () => logger.info('the user directory is ready'),
  });
}

function openProbe({ probes }: Config) {
  // For its sentence where the file cannot be used.
  if (probes.caFile !== undefined) readPem('PROBE_CA_FILE', probes.caFile);
  return createUndiciProviderProbe(probes);
}

/** What is known of who has keys: kept by every write, counted for the metrics. */
function openProjection({ database, directory }: Core, logger: Logger) {
  const projection = createPostgresKeyProjection(database.db);
  const feed = createKeyProjectionFeed({
    projection,
    onProblem: (error) => logger.warn({ err: error }, 'who has keys could not be noted: trying again'),
  });
  const adoption = createAdoptionWatch({
    // What this process has just written is counted too.
    projection: { ...projection, count: () => feed.settled().then(projection.count) },
    countUsers: () => directory.count(),
    onProblem: (error) => logger.warn({ err: error }, 'the numbers of adoption could not be read'),
  });
  return { feed, adoption };
}
