// The part of the composition that serves administrators: the numbers of the service, and looking up people.
import { createPostgresKeyProjection } from './adapters/postgres-key-projection.ts';
import { createPostgresKeyUses } from './adapters/postgres-key-uses.ts';
import { countReplicas } from './adapters/postgres-replicas.ts';
import type { PrometheusMetrics } from './adapters/prometheus-metrics.ts';
import type { Audit } from './compose-audit.ts';
import type { Config } from './config.ts';
import type { Core } from './core.ts';
import type { AdoptionWatch } from './domain/adoption-watch.ts';
import type { Invalidation } from './domain/invalidation.ts';
import { createOverview } from './domain/overview.ts';
import type { Readiness } from './domain/readiness.ts';
import type { Tiers } from './domain/tiers.ts';
import { createUserAdministration } from './domain/user-administration.ts';
import type { UserCache } from './domain/user-cache.ts';
import { API_PREFIX, type AppDeps } from './http/app.ts';
import { VERSION } from './version.ts';

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
