// The composition root: configuration and core in, the whole service out.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createKeycloakConnection } from './adapters/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from './adapters/keycloak-identity-provider.ts';
import { createMemorySessionStore } from './adapters/memory-session-store.ts';
import { createMemorySignInStore } from './adapters/memory-sign-in-store.ts';
import { createPostgresReplicas, type Replicas } from './adapters/postgres-replicas.ts';
import { createRedisConnection, type RedisConnection } from './adapters/redis-connection.ts';
import { createRedisInvalidation } from './adapters/redis-invalidation.ts';
import { createRedisPlatformSessions } from './adapters/redis-platform-sessions.ts';
import { createRedisSessionStore } from './adapters/redis-session-store.ts';
import { createRedisSignInStore } from './adapters/redis-sign-in-store.ts';
import { createUndiciProviderProbe } from './adapters/undici-provider-probe.ts';
import type { Config, KeycloakConfig } from './config.ts';
import type { Core } from './core.ts';
import { checkEndpoint } from './domain/endpoint-policy.ts';
import { createFindUserIdByEmail } from './domain/find-user-by-email.ts';
import { ALONE, type Invalidation } from './domain/invalidation.ts';
import { createKeyService } from './domain/key-service.ts';
import { createReadiness, type Readiness } from './domain/readiness.ts';
import { createTiers } from './domain/tiers.ts';
import { createUserCache, type UserCache } from './domain/user-cache.ts';
import { createViewUser } from './domain/user-view.ts';
import { createUserWrites } from './domain/user-writes.ts';
import { type AppDeps, buildApp } from './http/app.ts';
import { readPem } from './pem-file.ts';
import { VERSION } from './version.ts';

const READINESS_RETRY_MS = 5_000;

export interface Service {
  readonly app: FastifyInstance;
  readonly readiness: Readiness;
  readonly cache: UserCache;
  /** Finishes the requests in flight, then closes everything but the core. Idempotent. */
  close(): Promise<void>;
}

export async function composeService(config: Config, core: Core, logger: Logger): Promise<Service> {
  const { directory, vault } = core;
  const tiers = createTiers(config.tierRanks);
  const redis = openRedis(config, logger);
  const invalidation = openInvalidation(redis, logger);
  const cache = createUserCache({
    directory,
    viewUser: createViewUser({ vault, tiers }),
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
  const keys = createKeyService({
    directory,
    cache,
    writes: createUserWrites({ cache, invalidation }),
    vault,
    tiers,
    minimumTier: config.minimumTier,
    probe,
    checkEndpoint: (text) => checkEndpoint(text, config.probes),
    assertWritable: readiness.assertWritable,
  });
  const sessions =
    redis === undefined
      ? createMemorySessionStore(config.session)
      : createRedisSessionStore({ redis: redis.client, ...config.session });
  const signIn = openSignIn(config, redis);

  const app = await buildApp({
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
    keys,
    sessions,
    platformSessions: redis === undefined ? undefined : createRedisPlatformSessions({ redis: redis.client }),
    findUserIdByEmail: createFindUserIdByEmail({ directory, cache, ...config.cache }),
    describeUser: (userId) => cache.get(userId),
    signIn,
    readiness: readiness.state,
    pingDatabase: core.database.ping,
    outages: () => ({
      ...(core.breaker && { keycloak: core.breaker.state() === 'closed' ? ('ok' as const) : ('unavailable' as const) }),
      ...(redis && { redis: invalidation.fresh() ? ('ok' as const) : ('unavailable' as const) }),
    }),
  });
  await invalidation.start(cache);
  const replicas = openReplicas(config, core, logger);
  await replicas?.start();

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    readiness.stop();
    await app.close();
    await Promise.all([probe.close(), sessions.close(), signIn?.close()]);
    await Promise.all([invalidation.close(), replicas?.close()]);
    await redis?.close();
  };
  return {
    app,
    readiness,
    cache,
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
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
