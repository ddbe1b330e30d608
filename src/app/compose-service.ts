// The composition root: configuration and core in, the whole service out. Each feature is put together in its own room.
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { composeAdmin } from '../admin/compose-admin.ts';
import type { AdoptionWatch } from '../adoption/adoption-watch.ts';
import { composeAdoption } from '../adoption/compose-adoption.ts';
import { type Audit, composeAudit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { requiresVerifiedEmail } from '../database/postgres-settings.ts';
import { composeErasure } from '../erasure/compose-erasure.ts';
import { composeKeys } from '../keys/compose-keys.ts';
import { composePage } from '../page/compose-page.ts';
import { createEndpointAddresses } from '../providers/endpoint-addresses.ts';
import { composeRelease } from '../release/compose-release.ts';
import { composeReplication, type Replication } from '../replicas/compose-replicas.ts';
import { composeServices } from '../services/compose-services.ts';
import { composeSessions, type SignIn } from '../sessions/compose-sessions.ts';
import { ByokError } from '../shared/errors.ts';
import { createTelemetry, type Telemetry } from '../telemetry/compose-telemetry.ts';
import { composeUsage } from '../usage/compose-usage.ts';
import { composeUsers } from '../users/compose-users.ts';
import type { Readiness } from '../users/readiness.ts';
import type { UserCache } from '../users/user-cache.ts';

import { composeHealth, type Health } from './compose-health.ts';
import { composePorts } from './compose-ports.ts';
import type { Core } from './core.ts';
import { logKeycloakOutages } from './keycloak-outage-log.ts';

export interface Service {
  readonly app: FastifyInstance;
  /** On the port of internal services, where there is one. */
  readonly internalApp: FastifyInstance | undefined;
  /** Takes requests. Rejects where a port cannot be had, or a part refuses for good what the service needs of it. */
  listen(): Promise<void>;
  readonly readiness: Readiness;
  readonly health: Health;
  readonly cache: UserCache;
  readonly adoption: AdoptionWatch;
  /** Says `stopping` while it serves as before, for DRAIN_SECONDS, so that balancers look elsewhere. Before `close`. */
  drain(): Promise<void>;
  /** Finishes the requests in flight, then closes everything but the core. Idempotent. */
  close(): Promise<void>;
}

export async function composeService(
  config: Config,
  core: Core,
  logger: Logger,
  telemetry: Telemetry = createTelemetry(),
  audit: Audit = composeAudit(config, core, logger, telemetry.metrics),
): Promise<Service> {
  const replication = composeReplication(config, core, logger);
  const health = composeHealth(core, replication, logger);
  const requireVerified = await requiresVerifiedEmail(core.database.db, config.requireVerifiedEmail);
  if (!requireVerified) logger.warn(UNVERIFIED_ACCEPTED);
  const features = composeFeatures(config, core, { logger, telemetry, audit, replication, health, requireVerified });
  const { users, adoption, keys, sessions, usage } = features;
  const erasures = composeErasure(core, { audit, users, sessions });
  const ports = await composePorts(config, core, { logger, telemetry, audit, replication, health, ...features });
  logKeycloakOutages(core, { logger, readiness: users.readiness, ...(config.keycloak && { asked: config.keycloak }) });
  core.breaker?.watch();
  telemetry.metrics.watch({
    cache: users.cache.counts,
    adoption: adoption.watch.latest,
    auditLag: audit.lagSeconds,
    outages: health.outages,
    ready: () => users.readiness.state() === 'ready' && health.outages().database === undefined,
    ...(core.breaker === undefined ? {} : { breaker: core.breaker.state }),
  });
  await replication.start(users.cache);
  adoption.watch.start();
  erasures.start();

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    users.readiness.stop();
    health.stop();
    await Promise.all([ports.close(), usage.mirror?.stop(), erasures.stop()]);
    await Promise.all([keys.close(), adoption.close(), sessions.close(), audit.close()]);
    await replication.close();
  };
  return {
    ...ports,
    readiness: users.readiness,
    health,
    cache: users.cache,
    adoption: adoption.watch,
    async listen() {
      await health.start();
      await ports.listen();
      void trySignIn(sessions.signIn, logger);
      usage.mirror?.start();
    },
    async drain() {
      users.readiness.stop();
      ports.endConnections();
      await wait(config.drainMs);
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}

const UNVERIFIED_ACCEPTED =
  'addresses that nobody has verified identify people, as in older versions: have them verified (`byok doctor` counts them), then set BYOK_REQUIRE_VERIFIED_EMAIL=true';

interface Parts {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly replication: Replication;
  readonly health: Health;
  readonly requireVerified: boolean;
}

/** What the service can do. What a feature puts on the ports is in its `feature`; here they are listed. */
function composeFeatures(config: Config, core: Core, parts: Parts) {
  const { logger, audit, replication, health, requireVerified } = parts;
  const { metrics } = parts.telemetry;
  const { redis, invalidation } = replication;
  const adoption = composeAdoption(core, logger);
  const { onWritten } = adoption;
  const users = composeUsers(config, core, { logger, metrics, invalidation, requireVerified, onWritten });
  const endpoints = createEndpointAddresses(config.probes);
  const keys = composeKeys(config, core, { metrics, audit, users, endpoints });
  const sessions = composeSessions(config, {
    redis,
    audit,
    users,
    logger,
    db: core.database.db,
    sealedSignIns: core.sealedSignIns,
  });
  const release = composeRelease(config, core, { metrics, audit, users, endpoints });
  const usage = composeUsage(config, core, { logger, audit, users });
  const { keyUses } = release;
  const admin = composeAdmin(config, core, {
    metrics,
    audit,
    adoption: adoption.watch,
    users,
    keys,
    keyUses,
    outages: health.outages,
  });
  const page = composePage(config, sessions);
  return {
    users,
    adoption,
    keys,
    sessions,
    usage,
    serviceIdentities: composeServices(core, sessions),
    features: [page, sessions.feature, keys.feature, audit.feature, release.feature, usage.feature, admin],
  };
}

/** What makes every sign-in fail, such as wrong names of Keycloak, would otherwise be found by the first person. */
async function trySignIn(signIn: SignIn | undefined, logger: Logger): Promise<void> {
  try {
    await signIn?.identityProvider.startSignIn();
  } catch (error) {
    // That Keycloak is away is said elsewhere.
    if (!(error instanceof ByokError) || error.code !== 'directory_misconfigured') return;
    logger.error({ reason: error.message }, 'nobody can sign in, and no token of Keycloak counts');
  }
}
