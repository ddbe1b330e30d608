// What administrators see and do: the numbers of the service, and looking up people.
import type { AdoptionWatch } from '../adoption/adoption-watch.ts';
import { createPostgresKeyProjection } from '../adoption/postgres-key-projection.ts';
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { API_PREFIX, type Feature } from '../http/feature.ts';
import type { Outages } from '../http/health-routes.ts';
import type { Keys } from '../keys/compose-keys.ts';
import type { KeyUses } from '../release/key-uses.ts';
import { countReplicas } from '../replicas/postgres-replica-keys.ts';
import { ByokError } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import type { PrometheusMetrics } from '../telemetry/prometheus-metrics.ts';
import type { Users } from '../users/compose-users.ts';
import { adminOverviewRoute } from './admin-overview-routes.ts';
import { adminUserRoutes } from './admin-user-routes.ts';
import { createOverview, type Overview } from './overview.ts';
import { createUserAdministration } from './user-administration.ts';

interface Parts {
  readonly metrics: Pick<PrometheusMetrics, 'requestTotals'>;
  readonly audit: Audit;
  readonly adoption: AdoptionWatch;
  readonly users: Users;
  readonly keys: Keys;
  readonly keyUses: KeyUses;
  readonly outages: Outages;
}

export function composeAdmin(config: Config, core: Core, parts: Parts): Feature {
  const { audit, users, keys, keyUses } = parts;
  const overview = composeOverview(config, core, parts);
  const administration = createUserAdministration({ ...users, directory: core.directory, keyUses });
  const looking = { prefix: API_PREFIX, users: administration, keys: keys.service, audit: audit.requests };
  return {
    async admins(scope) {
      await scope.register(adminOverviewRoute, { prefix: API_PREFIX, overview });
      await scope.register(adminUserRoutes, looking);
    },
  };
}

function composeOverview(
  { databaseUrl, redisUrl }: Config,
  { database, breaker, auditChain }: Core,
  { metrics, audit, adoption, users, outages }: Parts,
): (days: number) => Promise<Overview> {
  const { db } = database;
  return createOverview({
    version: VERSION,
    startedAt: new Date(),
    adoption,
    projection: createPostgresKeyProjection(db),
    requestTotals: () => metrics.requestTotals((route) => route.includes(`${API_PREFIX}/`)),
    cacheCounts: users.cache.counts,
    readiness: users.readiness.state,
    breaker: breaker?.state,
    redis: redisUrl === undefined ? undefined : () => outages().redis === undefined,
    async pingDatabase() {
      const word = outages().database;
      if (word !== undefined) throw new ByokError('database_unavailable', { reason: word });
      await database.ping();
    },
    countReplicas: databaseUrl === undefined ? undefined : () => countReplicas(db),
    auditTrail: audit.trail,
    auditLagSeconds: audit.lagSeconds,
    masterKeyIds: auditChain.keyIds,
  });
}
