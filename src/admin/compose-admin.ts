// The part of the composition that serves administrators: the numbers of the service, and looking up people.
import type { AdoptionWatch } from '../adoption/adoption-watch.ts';
import { createPostgresKeyProjection } from '../adoption/postgres-key-projection.ts';
import { API_PREFIX, type AppDeps } from '../app/app.ts';
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { createPostgresKeyUses } from '../release/postgres-key-uses.ts';
import type { Invalidation } from '../replicas/invalidation.ts';
import { countReplicas } from '../replicas/postgres-replicas.ts';
import { VERSION } from '../shared/version.ts';
import type { PrometheusMetrics } from '../telemetry/prometheus-metrics.ts';
import type { Readiness } from '../users/readiness.ts';
import type { Tiers } from '../users/tiers.ts';
import type { UserCache } from '../users/user-cache.ts';
import { createOverview } from './overview.ts';
import { createUserAdministration } from './user-administration.ts';

interface Parts {
  readonly metrics: Pick<PrometheusMetrics, 'requestTotals'>;
  readonly audit: Pick<Audit, 'trail' | 'lagSeconds'>;
  readonly adoption: AdoptionWatch;
  readonly cache: UserCache;
  readonly invalidation: Pick<Invalidation, 'fresh'>;
  readonly readiness: Pick<Readiness, 'state'>;
  readonly tiers: Tiers;
}

export function composeAdmin(
  { databaseUrl, redisUrl }: Pick<Config, 'databaseUrl' | 'redisUrl'>,
  { database, directory, breaker, auditChain }: Core,
  { metrics, audit, adoption, cache, invalidation, readiness, tiers }: Parts,
): Pick<AppDeps, 'administration' | 'keyUses'> {
  const { db } = database;
  const keyUses = createPostgresKeyUses(db);
  const overview = createOverview({
    version: VERSION,
    startedAt: new Date(),
    adoption,
    projection: createPostgresKeyProjection(db),
    requestTotals: () => metrics.requestTotals((route) => route.includes(`${API_PREFIX}/`)),
    cacheCounts: cache.counts,
    readiness: readiness.state,
    breaker: breaker?.state,
    redis: redisUrl === undefined ? undefined : invalidation.fresh,
    pingDatabase: database.ping,
    countReplicas: databaseUrl === undefined ? undefined : () => countReplicas(db),
    auditTrail: audit.trail,
    auditLagSeconds: audit.lagSeconds,
    masterKeyIds: auditChain.keyIds,
  });
  return {
    keyUses,
    administration: { overview, users: createUserAdministration({ directory, cache, keyUses, tiers }) },
  };
}
