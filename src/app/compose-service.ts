// The composition root: configuration and core in, the whole service out. Each part is put together in a module of its own.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { AdoptionWatch } from '../adoption/adoption-watch.ts';
import { type Audit, composeAudit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { composeKeys, type Keys } from '../keys/compose-keys.ts';
import { composeReplication } from '../replicas/compose-replicas.ts';
import { composePeople } from '../sessions/compose-sessions.ts';
import { createTelemetry, type Telemetry } from '../telemetry/compose-telemetry.ts';
import type { Readiness } from '../users/readiness.ts';
import type { UserCache } from '../users/user-cache.ts';
import { composeInternal } from './compose-internal.ts';
import { composePorts } from './compose-ports.ts';
import type { Core } from './core.ts';

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
  telemetry: Telemetry = createTelemetry(),
  audit: Audit = composeAudit(config, core, logger, telemetry.metrics),
): Promise<Service> {
  const { metrics } = telemetry;
  const replication = composeReplication(config, core, logger);
  const keys = composeKeys(config, core, { logger, metrics, invalidation: replication.invalidation });
  const people = composePeople(config, replication.redis);
  const { internal, mirror } = composeInternal(config, core, { logger, metrics, audit, keys, people });
  const ports = await composePorts(config, core, { logger, telemetry, audit, replication, keys, people, internal });
  logOutages(core, logger);
  watch(telemetry, core, keys, audit);
  await replication.start(keys.cache);
  keys.adoption.start();

  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    keys.readiness.stop();
    await Promise.all([ports.close(), mirror?.stop()]);
    await Promise.all([keys.close(), people.close(), audit.close()]);
    await replication.close();
  };
  return {
    ...ports,
    readiness: keys.readiness,
    cache: keys.cache,
    adoption: keys.adoption,
    async listen() {
      await ports.listen();
      mirror?.start();
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}

function logOutages({ breaker }: Core, logger: Logger): void {
  breaker?.onStateChange((state) => {
    if (state === 'open') logger.warn('Keycloak does not answer: calls fail at once until it does');
    if (state === 'closed') logger.info('Keycloak answers again');
  });
}

/** Numbers that are read when somebody asks for them. */
function watch({ metrics }: Telemetry, { breaker }: Core, { cache, adoption }: Keys, audit: Audit): void {
  metrics.watch({
    cache: cache.counts,
    adoption: adoption.latest,
    auditLag: audit.lagSeconds,
    ...(breaker === undefined ? {} : { breaker: breaker.state }),
  });
}
