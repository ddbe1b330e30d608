// The composition root: configuration and core in, the whole service out.
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { createKeycloakConnection } from './adapters/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from './adapters/keycloak-identity-provider.ts';
import { createMemorySessionStore } from './adapters/memory-session-store.ts';
import { createMemorySignInStore } from './adapters/memory-sign-in-store.ts';
import { createPostgresKeyProjection } from './adapters/postgres-key-projection.ts';
import { createRedisConnection, type RedisConnection } from './adapters/redis-connection.ts';
import { createRedisPlatformSessions } from './adapters/redis-platform-sessions.ts';
import { createRedisSessionStore } from './adapters/redis-session-store.ts';
import { createRedisSignInStore } from './adapters/redis-sign-in-store.ts';
import { createUndiciProviderProbe } from './adapters/undici-provider-probe.ts';
import type { Config, KeycloakConfig } from './config.ts';
import type { Core } from './core.ts';
import { type AdoptionWatch, createAdoptionWatch } from './domain/adoption-watch.ts';
import { countedProbe } from './domain/counted-probe.ts';
import { countedVault } from './domain/counted-vault.ts';
import { checkEndpoint } from './domain/endpoint-policy.ts';
import { projectKeys } from './domain/key-projection.ts';
import { createKeyProjectionFeed } from './domain/key-projection-feed.ts';
import { createKeyService } from './domain/key-service.ts';
import { createReadiness, type Readiness } from './domain/readiness.ts';
import { createTiers } from './domain/tiers.ts';
import { createUserCache, type UserCache } from './domain/user-cache.ts';
import { createViewUser } from './domain/user-view.ts';
import { type AppDeps, buildApp } from './http/app.ts';
import { readPem } from './pem-file.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';
import { VERSION } from './version.ts';

const READINESS_RETRY_MS = 5_000;

export interface Service {
  readonly app: FastifyInstance;
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
): Promise<Service> {
  const { directory, vault } = core;
  const tiers = createTiers(config.tierRanks);
  const cache = createUserCache({ directory, viewUser: createViewUser({ vault, tiers }), ...config.cache });
  const readiness = createReadiness({
    directory,
    retryMs: READINESS_RETRY_MS,
    onNotReady: (error) => logger.warn({ err: error }, 'the user directory is not ready: no writes yet'),
    onReady: () => logger.info('the user directory is ready'),
  });
  if (config.probes.caFile !== undefined) readPem('PROBE_CA_FILE', config.probes.caFile);
  const probe = createUndiciProviderProbe(config.probes);
  const { feed, adoption } = openProjection(core, logger);
  metrics.watch({ cache: cache.counts, adoption: adoption.latest });
  const keys = createKeyService({
    directory,
    cache,
    vault: countedVault(vault, metrics),
    tiers,
    minimumTier: config.minimumTier,
    probe: countedProbe(probe, metrics),
    checkEndpoint: (text) => checkEndpoint(text, config.probes),
    assertWritable: readiness.assertWritable,
    onWritten: (user) => feed.put(user.id, projectKeys(user.keys)),
  });
  const redis = openRedis(config, logger);
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
    findUserIdByEmail: createFindUserIdByEmail(core, cache, config.cache.ttlMs),
    describeUser: (userId) => cache.get(userId),
    signIn,
    readiness: readiness.state,
    pingDatabase: core.database.ping,
    metrics,
    tracing,
  });

  adoption.start();
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    readiness.stop();
    await app.close();
    await Promise.all([probe.close(), sessions.close(), signIn?.close(), feed.close(), adoption.stop()]);
    await redis?.close();
  };
  return {
    app,
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

/** Sessions of the old back end may name only an address: who that is, is remembered as long as key records are. */
function createFindUserIdByEmail(
  { directory }: Core,
  cache: UserCache,
  ttlMs: number,
): (email: string) => Promise<string | undefined> {
  const ids = new LRUCache<string, string>({ max: 10_000, ttl: ttlMs });
  return async (email) => {
    const wanted = email.toLowerCase();
    const known = ids.get(wanted);
    // The address may have gone to somebody else meanwhile.
    if (known !== undefined && (await cache.get(known))?.email?.toLowerCase() === wanted) return known;
    const user = await directory.findByEmail(email);
    if (user === undefined) ids.delete(wanted);
    else ids.set(wanted, user.id);
    return user?.id;
  };
}
