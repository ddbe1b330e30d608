// The two ports: for people, and for internal services where they have one of their own.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { composeAdmin } from '../admin/compose-admin.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { readPem } from '../config/pem-file.ts';
import type { Outages } from '../http/health-routes.ts';
import type { Keys } from '../keys/compose-keys.ts';
import { readUiAssets } from '../page/ui-assets.ts';
import type { Replication } from '../replicas/compose-replicas.ts';
import type { People } from '../sessions/compose-sessions.ts';
import { VERSION } from '../shared/version.ts';
import type { Telemetry } from '../telemetry/compose-telemetry.ts';
import { type BaseDeps, buildApp } from './app.ts';
import type { Core } from './core.ts';
import { buildInternalApp } from './internal-app.ts';
import type { InternalDeps } from './internal-scope.ts';

interface Parts {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly replication: Replication;
  readonly keys: Keys;
  readonly people: People;
  readonly internal: InternalDeps;
}

export interface Ports {
  readonly app: FastifyInstance;
  readonly internalApp: FastifyInstance | undefined;
  /** Rejects where a port cannot be had. */
  listen(): Promise<void>;
  /** Finishes the requests in flight. Idempotent. */
  close(): Promise<void>;
}

export async function composePorts(config: Config, core: Core, parts: Parts): Promise<Ports> {
  const { audit, keys, people, internal } = parts;
  const base = baseDeps(config, core, parts);
  const app = await buildApp({
    ...config,
    ...base,
    ...people,
    // Over Keycloak only on a port of their own.
    internal: config.internal === undefined && config.keycloak === undefined ? internal : undefined,
    keys: keys.service,
    findUserIdByEmail: keys.findUserIdByEmail,
    describeUser: (userId) => keys.cache.get(userId),
    auditLog: audit.log,
    auditTrail: audit.trail,
    ui: readUiAssets(),
    subscribing: {
      requiredTier: config.minimumTier,
      mayStoreKeys: (tier) => keys.tiers.includes(tier, config.minimumTier),
      upgradeUrl: config.upgradeUrl,
    },
    ...composeAdmin(config, core, {
      ...keys,
      metrics: parts.telemetry.metrics,
      audit,
      invalidation: parts.replication.invalidation,
    }),
  });
  const internalApp = config.internal === undefined ? undefined : await buildInternalApp({ ...base, internal });
  return {
    app,
    internalApp,
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      if (config.internal !== undefined) await internalApp?.listen({ ...config.internal });
    },
    close: async () => void (await Promise.all([app.close(), internalApp?.close()])),
  };
}

/** What both have in common. */
function baseDeps(config: Config, core: Core, { logger, telemetry, replication, keys, people }: Parts): BaseDeps {
  return {
    ...config,
    version: VERSION,
    logger,
    tls: readTls(config),
    redis: replication.redis,
    signIn: people.signIn,
    readiness: keys.readiness.state,
    pingDatabase: core.database.ping,
    metrics: telemetry.metrics,
    tracing: telemetry.tracing,
    outages: outagesOf(core, replication),
  };
}

function readTls({ tls }: Config): BaseDeps['tls'] {
  if (tls === undefined) return undefined;
  return { cert: readPem('TLS_CERT_FILE', tls.certFile), key: readPem('TLS_KEY_FILE', tls.keyFile) };
}

function outagesOf({ breaker }: Core, { redis, invalidation }: Replication): Outages {
  return () => ({
    ...(breaker && { keycloak: breaker.state() === 'closed' ? ('ok' as const) : ('unavailable' as const) }),
    ...(redis && { redis: invalidation.fresh() ? ('ok' as const) : ('unavailable' as const) }),
  });
}
