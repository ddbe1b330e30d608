// The composition root: configuration and core in, the whole service out.
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { createKeycloakConnection } from './adapters/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from './adapters/keycloak-identity-provider.ts';
import { createMemorySessionStore } from './adapters/memory-session-store.ts';
import { createMemorySignInStore } from './adapters/memory-sign-in-store.ts';
import { createRedisConnection, type RedisConnection } from './adapters/redis-connection.ts';
import { createRedisPlatformSessions } from './adapters/redis-platform-sessions.ts';
import { createRedisSessionStore } from './adapters/redis-session-store.ts';
import { createRedisSignInStore } from './adapters/redis-sign-in-store.ts';
import { createUndiciProviderProbe } from './adapters/undici-provider-probe.ts';
import { composeInternal } from './compose-internal.ts';
import type { Config, KeycloakConfig } from './config.ts';
import type { Core } from './core.ts';
import type { AuditLog } from './domain/audit-log.ts';
import { checkEndpoint } from './domain/endpoint-policy.ts';
import { createKeyService } from './domain/key-service.ts';
import { createReadiness, type Readiness } from './domain/readiness.ts';
import { createTiers } from './domain/tiers.ts';
import { createUserCache, type UserCache } from './domain/user-cache.ts';
import { createViewUser } from './domain/user-view.ts';
import { type AppDeps, buildApp } from './http/app.ts';
import { buildInternalApp } from './http/internal-app.ts';
import { readPem } from './pem-file.ts';
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
  /** Finishes the requests in flight, then closes everything but the core. Idempotent. */
  close(): Promise<void>;
}

export async function composeService(config: Config, core: Core, logger: Logger): Promise<Service> {
  const { directory, vault } = core;
  const audit: AuditLog = { append: async () => undefined }; // merged with the audit log
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
  const keys = createKeyService({
    directory,
    cache,
    vault,
    tiers,
    minimumTier: config.minimumTier,
    probe,
    checkEndpoint: (text) => checkEndpoint(text, config.probes),
    assertWritable: readiness.assertWritable,
  });
  const redis = openRedis(config, logger);
  const sessions =
    redis === undefined
      ? createMemorySessionStore(config.session)
      : createRedisSessionStore({ redis: redis.client, ...config.session });
  const signIn = openSignIn(config, redis);
  const findUserIdByEmail = createFindUserIdByEmail(core, cache);
  const { internal, mirror } = composeInternal(config, core, {
    cache,
    tiers,
    audit,
    findUserIdByEmail,
    identityProvider: signIn?.identityProvider,
    assertWritable: readiness.assertWritable,
    logger,
  });

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
  };
  const app = await buildApp({
    ...base,
    internal: config.internal === undefined ? internal : undefined,
    keys,
    sessions,
    platformSessions: redis === undefined ? undefined : createRedisPlatformSessions({ redis: redis.client }),
    findUserIdByEmail,
    describeUser: (userId) => cache.get(userId),
    signIn,
  });
  const internalApp = config.internal === undefined ? undefined : await buildInternalApp({ ...base, internal });

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    readiness.stop();
    await Promise.all([app.close(), internalApp?.close(), mirror?.stop()]);
    await Promise.all([probe.close(), sessions.close(), signIn?.close()]);
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

/** Sessions of the old back end and services may name only an address: who that is, is remembered. */
function createFindUserIdByEmail(
  { directory }: Core,
  cache: UserCache,
): (email: string) => Promise<string | undefined> {
  // Without a time limit: an id counts only while the record, which has one, names the address.
  const ids = new LRUCache<string, string>({ max: 10_000 });
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
