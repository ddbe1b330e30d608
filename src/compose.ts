// The composition root: configuration and core in, the whole service out.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createKeycloakConnection } from './adapters/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from './adapters/keycloak-identity-provider.ts';
import { createMemorySessionStore } from './adapters/memory-session-store.ts';
import { createMemorySignInStore } from './adapters/memory-sign-in-store.ts';
import { createPostgresKeyProjection } from './adapters/postgres-key-projection.ts';
import { createPostgresReplicas, type Replicas } from './adapters/postgres-replicas.ts';
import { createRedisConnection, type RedisConnection } from './adapters/redis-connection.ts';
import { createRedisInvalidation } from './adapters/redis-invalidation.ts';
import { createRedisPlatformSessions } from './adapters/redis-platform-sessions.ts';
import { createRedisSessionStore } from './adapters/redis-session-store.ts';
import { createRedisSignInStore } from './adapters/redis-sign-in-store.ts';
import { createUndiciProviderProbe } from './adapters/undici-provider-probe.ts';
import { composeAdmin } from './compose-admin.ts';
import { type Audit, composeAudit } from './compose-audit.ts';
import { composeInternal } from './compose-internal.ts';
import type { Config, KeycloakConfig } from './config.ts';
import type { Core } from './core.ts';
import { type AdoptionWatch, createAdoptionWatch } from './domain/adoption-watch.ts';
import { countedProbe } from './domain/counted-probe.ts';
import { countedVault } from './domain/counted-vault.ts';
import { checkEndpoint } from './domain/endpoint-policy.ts';
import { createFindUserIdByEmail } from './domain/find-user-by-email.ts';
import { ALONE, type Invalidation } from './domain/invalidation.ts';
import { projectKeys } from './domain/key-projection.ts';
import { createKeyProjectionFeed } from './domain/key-projection-feed.ts';
import { createKeyService } from './domain/key-service.ts';
import { createReadiness, type Readiness } from './domain/readiness.ts';
import { createTiers } from './domain/tiers.ts';
import { createUserCache, type UserCache } from './domain/user-cache.ts';
import { createViewUser } from './domain/user-view.ts';
import { createUserWrites } from './domain/user-writes.ts';
import { type AppDeps, buildApp } from './http/app.ts';
import { buildInternalApp } from './http/internal-app.ts';
import { readPem } from './pem-file.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';
import { VERSION } from './version.ts';

const READINESS_RETRY_MS = 5_000;

export interface Service {
  readonly app: FastifyInstance;
  /** On the port of internal services, where there is one. */
  readonly internalApp: FastifyInstance | undefined;
  /** Takes requests. Rejects where a port cannot be had. */
  listen(): Promise<void>;
  readonly readiness: Readiness;
  readonly cache: UserCache;
  readonly adoption: AdoptionWatch;
  /** Finishes the requests in flight, then closes everything but the core. Idempotent. */
  close(): Promise<void>;
}

export async function composeService(
  config: Config,
  core: Core,
  logger: Logger,
  { metrics, tracing }: Telemetry = createTelemetry(),
  audit: Audit = composeAudit(config, core, logger, metrics),
): Promise<Service> {
  const { directory } = core;
  const vault = countedVault(core.vault, metrics);
  const tiers = createTiers(config.tierRanks);
  const redis = openRedis(config, logger);
  const invalidation = openInvalidation(redis, logger);
  const cache = createUserCache({
    directory,
    viewUser: createViewUser({ vault: core.vault, tiers }),
    ...config.cache,
    fresh: invalidation.fresh,
  });
  core.breaker?.onStateChange((state) => {
    if (state === 'open') logger.warn('Keycloak does not answer: calls fail at once until it does');
    if (state === 'closed') logger.info('Keycloak answers again');
  });
  const readiness = createReadiness({
    directory,
    retryMs: READINESS_RETRY_MS,
    onNotReady: (error) => logger.warn({ err: error }, 'the user directory is not ready: no writes yet'),
    onReady: () => logger.info('the user directory is ready'),
  });
  if (config.probes.caFile !== undefined) readPem('PROBE_CA_FILE', config.probes.caFile);
  const probe = createUndiciProviderProbe(config.probes);
  const { feed, adoption } = openProjection(core, logger);
  const writes = createUserWrites({
    cache,
    invalidation,
    onWritten: (user) => feed.put(user.id, projectKeys(user.keys)),
  });
  const keys = createKeyService({
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
  metrics.watch({
    cache: cache.counts,
    adoption: adoption.latest,
    auditLag: audit.lagSeconds,
    ...(core.breaker === undefined ? {} : { breaker: core.breaker.state }),
  });
  const sessions =
    redis === undefined
      ? createMemorySessionStore(config.session)
      : createRedisSessionStore({ redis: redis.client, ...config.session });
  const signIn = openSignIn(config, redis);
  const findUserIdByEmail = createFindUserIdByEmail({ directory, cache, ...config.cache });
  const { internal, mirror } = composeInternal(
    config,
    { ...core, vault },
    {
      metrics,
      cache,
      writes,
      tiers,
      audit: audit.log,
      findUserIdByEmail,
      identityProvider: signIn?.identityProvider,
      assertWritable: readiness.assertWritable,
      logger,
    },
  );

  const base = {
    ...config,
    version: VERSION,
    logger,
    tls:
      config.tls === undefined
        ? undefined
        : {
            cert: readPem('TLS_CERT_FILE', config.tls.certFile),
            key: readPem('TLS_KEY_FILE', config.tls.keyFile),
          },
    redis: redis?.client,
    signIn,
    readiness: readiness.state,
    pingDatabase: core.database.ping,
    metrics,
    tracing,
    outages: () => ({
      ...(core.breaker && { keycloak: core.breaker.state() === 'closed' ? ('ok' as const) : ('unavailable' as const) }),
      ...(redis && { redis: invalidation.fresh() ? ('ok' as const) : ('unavailable' as const) }),
    }),
  };
  const app = await buildApp({
    ...base,
    // Over Keycloak only on a port of their own.
    internal: config.internal === undefined && config.keycloak === undefined ? internal : undefined,
    keys,
    sessions,
    platformSessions: redis === undefined ? undefined : createRedisPlatformSessions({ redis: redis.client }),
    findUserIdByEmail,
    describeUser: (userId) => cache.get(userId),
    signIn,
    auditLog: audit.log,
    auditTrail: audit.trail,
    subscribing: {
      requiredTier: config.minimumTier,
      mayStoreKeys: (tier) => tiers.includes(tier, config.minimumTier),
      upgradeUrl: config.upgradeUrl,
    },
    ...composeAdmin(config, core, { metrics, audit, adoption, cache, invalidation, readiness, tiers }),
  });
  const internalApp = config.internal === undefined ? undefined : await buildInternalApp({ ...base, internal });
  await invalidation.start(cache);
  const replicas = openReplicas(config, core, logger);
  await replicas?.start();

  adoption.start();
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    readiness.stop();
    await Promise.all([app.close(), internalApp?.close(), mirror?.stop()]);
    await Promise.all([probe.close(), sessions.close(), signIn?.close(), feed.close(), adoption.stop(), audit.close()]);
    await Promise.all([invalidation.close(), replicas?.close()]);
    await redis?.close();
  };
  return {
    app,
    internalApp,
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      if (config.internal !== undefined) await internalApp?.listen({ ...config.internal });
      mirror?.start();
    },
    readiness,
    cache,
    adoption,
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
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

function openRedis({ redisUrl }: Config, logger: Logger): RedisConnection | undefined {
  if (redisUrl === undefined) return undefined;
  return createRedisConnection({
    url: redisUrl,
    onLost: (reason) => logger.error({ reason }, 'Redis is out of reach: sessions cannot be read'),
    onRestored: () => logger.info('Redis is back'),
  });
}

/** The embedded database is for one process. */
function openReplicas({ databaseUrl, redisUrl }: Config, core: Core, logger: Logger): Replicas | undefined {
  if (databaseUrl === undefined) return undefined;
  return createPostgresReplicas({
    db: core.database.db,
    onOthers(replicas) {
      if (redisUrl === undefined) logger.warn({ replicas }, 'several replicas run without Redis: set REDIS_URL');
      else logger.info({ replicas }, 'several replicas run');
    },
  });
}

/** With one replica there is nobody to keep in step with. */
function openInvalidation(redis: RedisConnection | undefined, logger: Logger): Invalidation {
  if (redis === undefined) return ALONE;
  return createRedisInvalidation({
    redis: redis.client,
    onLost: () => logger.warn('changes of other replicas are not heard: key records are read from Keycloak each time'),
    onRestored: () => logger.info('in step with other replicas'),
  });
}

function openSignIn(
  config: Config,
  redis: RedisConnection | undefined,
): (NonNullable<AppDeps['signIn']> & { close(): Promise<void> }) | undefined {
  if (config.keycloak === undefined) return undefined;
  const keycloak: KeycloakConfig = config.keycloak;
  const connection = createKeycloakConnection(keycloak);
  const identityProvider = createKeycloakIdentityProvider({
    ...keycloak,
    dispatcher: connection.dispatcher,
    redirectUri: `${config.publicUrl}${config.basePath}/auth/callback`,
  });
  return {
    identityProvider,
    signIns: redis === undefined ? createMemorySignInStore() : createRedisSignInStore({ redis: redis.client }),
    origin: new URL(keycloak.publicUrl).origin,
    close: () => connection.close(),
  };
}
