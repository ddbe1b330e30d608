// The two ports: for people, and for internal services where they have one of their own.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { readPem } from '../config/pem-file.ts';
import type { Feature } from '../http/feature.ts';
import type { Replication } from '../replicas/compose-replicas.ts';
import type { ServiceIdentities } from '../services/service-identities.ts';
import type { Sessions } from '../sessions/compose-sessions.ts';
import { VERSION } from '../shared/version.ts';
import type { Telemetry } from '../telemetry/compose-telemetry.ts';
import type { Users } from '../users/compose-users.ts';
import { buildApp, buildInternalApp } from './app.ts';
import type { BaseDeps } from './base-app.ts';
import type { Health } from './compose-health.ts';
import type { Core } from './core.ts';

interface Parts {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly replication: Replication;
  readonly health: Pick<Health, 'outages'>;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly serviceIdentities: ServiceIdentities;
  readonly features: readonly Feature[];
}

export interface Ports {
  readonly app: FastifyInstance;
  readonly internalApp: FastifyInstance | undefined;
  /** Rejects where a port cannot be had. */
  listen(): Promise<void>;
  /** Serves as before, over connections that end with their next answer. */
  endConnections(): void;
  /** Finishes the requests in flight. Idempotent. */
  close(): Promise<void>;
}

export async function composePorts(config: Config, core: Core, parts: Parts): Promise<Ports> {
  const { audit, users, sessions, features, serviceIdentities } = parts;
  const services = { serviceIdentities, auditLog: audit.log };
  const base = baseDeps(config, core, parts);
  const ownPort = config.internal !== undefined;
  const app = await buildApp({
    ...base,
    publicUrl: config.publicUrl,
    features,
    authenticate: sessions.authenticate,
    describeUser: users.cache.get,
    audit: audit.requests,
    // Over Keycloak only on a port of their own.
    services: !ownPort && config.keycloak === undefined ? services : undefined,
  });
  const internalApp = ownPort ? await buildInternalApp({ ...base, features, services }) : undefined;
  return {
    app,
    internalApp,
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      if (config.internal !== undefined) await internalApp?.listen({ ...config.internal });
    },
    endConnections() {
      app.endConnections();
      internalApp?.endConnections();
    },
    close: async () => void (await Promise.all([app.close(), internalApp?.close()])),
  };
}

/** What both have in common. */
function baseDeps(
  config: Config,
  core: Core,
  { logger, telemetry, replication, health, users, sessions }: Parts,
): BaseDeps {
  return {
    ...config,
    version: VERSION,
    logger,
    tls: readTls(config),
    redis: replication.redis,
    signIn: sessions.signIn,
    readiness: users.readiness.state,
    pingDatabase: core.database.ping,
    metrics: telemetry.metrics,
    tracing: telemetry.tracing,
    outages: health.outages,
  };
}

function readTls({ tls }: Config): BaseDeps['tls'] {
  if (tls === undefined) return undefined;
  return { cert: readPem('TLS_CERT_FILE', tls.certFile), key: readPem('TLS_KEY_FILE', tls.keyFile) };
}
