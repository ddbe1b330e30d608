// What administrators see of the whole service: adoption, tests, requests, and which of its parts work. What cannot be
// known at present is undefined, and nothing is waited for long.
import { type AdoptionSnapshot, dayOf, type KeyProjection } from '../adoption/key-projection.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { histogramQuantile } from '../shared/histogram-quantile.ts';
import type { Adoption, BreakerState, RequestTotals } from '../shared/metrics.ts';
import { answerWithin } from '../shared/timeouts.ts';
import type { Readiness } from '../users/readiness.ts';

export interface OverviewDeps {
  readonly version: string;
  readonly startedAt: Date;
  readonly adoption: { refresh(): Promise<void>; latest(): Adoption | undefined };
  readonly projection: Pick<KeyProjection, 'history'>;
  readonly requestTotals: () => Promise<RequestTotals>;
  readonly cacheCounts: () => { readonly hits: number; readonly misses: number; readonly size: number };
  readonly readiness: Readiness['state'];
  /** Undefined: there is no Keycloak. */
  readonly breaker: (() => BreakerState) | undefined;
  /** Whether the others are heard; undefined: there is no Redis. */
  readonly redis: (() => boolean) | undefined;
  readonly pingDatabase: () => Promise<void>;
  /** Undefined: the database is for one process. */
  readonly countReplicas: (() => Promise<number>) | undefined;
  readonly auditTrail: Pick<AuditTrail, 'extent'>;
  readonly auditLagSeconds: () => number;
  /** Short names of the master keys, the one in use first. */
  readonly masterKeyIds: readonly string[];
  readonly now?: () => Date;
}

const LIMIT_MS = 3_000;
const DAY_MS = 86_400_000;

export type Overview = Awaited<ReturnType<ReturnType<typeof createOverview>>>;

/** @returns what there is to see. Never rejects. `days`: how far back the history goes. */
export function createOverview(deps: OverviewDeps) {
  const { now = () => new Date() } = deps;
  const soon = <T>(work: () => Promise<T>): Promise<T | undefined> => answerWithin(LIMIT_MS, work);

  /** Where counting takes longer, what was counted last. */
  const readAdoption = async (): Promise<Adoption | undefined> => {
    await soon(deps.adoption.refresh);
    return deps.adoption.latest();
  };

  const readSystem = async () => {
    const { breaker, redis, countReplicas } = deps;
    const [pinged, replicas, audit] = await Promise.all([
      soon(() => deps.pingDatabase().then(() => true)),
      countReplicas && soon(countReplicas),
      soon(() => deps.auditTrail.extent()),
    ]);
    return {
      version: deps.version,
      startedAt: deps.startedAt,
      directory: deps.readiness(),
      breaker: breaker?.(),
      redis: redis?.(),
      database: pinged ?? false,
      replicas,
      audit: { lagSeconds: deps.auditLagSeconds(), ...audit },
      masterKeyIds: deps.masterKeyIds,
    };
  };

  return async (days: number) => {
    const [adoption, snapshots, requests, system] = await Promise.all([
      readAdoption(),
      soon(() => deps.projection.history(days)),
      soon(deps.requestTotals),
      readSystem(),
    ]);
    return {
      adoption,
      history: adoption && snapshots && withToday(snapshots, adoption, now(), days),
      requests: { since: deps.startedAt, ...summarize(requests) },
      cache: deps.cacheCounts(),
      system,
    };
  };
}

/** The last `days` days as far as they were kept, ending with what is counted now. */
function withToday(snapshots: readonly AdoptionSnapshot[], adoption: Adoption, now: Date, days: number) {
  const today = dayOf(now);
  const first = dayOf(new Date(now.getTime() - (days - 1) * DAY_MS));
  const { usersTotal, usersWithKeys, keys } = adoption;
  const before = snapshots.filter(({ day }) => day >= first && day < today);
  return [...before, { day: today, usersTotal, usersWithKeys, keys }];
}

function summarize({ count, errors, buckets }: RequestTotals = { count: 0, errors: 0, buckets: [] }) {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((quantile) => histogramQuantile(quantile, buckets));
  const latency = p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
  return { count, errors, latency };
}
