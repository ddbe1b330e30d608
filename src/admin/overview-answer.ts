// The numbers of the service as the API shows them: null for what is not known.
import type { z } from 'zod';
import { PROVIDERS } from '../providers/provider-table.ts';
import type { overviewAnswer } from './admin-schemas.ts';
import type { Overview } from './overview.ts';

type OverviewAnswer = z.output<typeof overviewAnswer>;

export const overviewToAnswer = (overview: Overview): OverviewAnswer => ({
  adoption: adoptionToAnswer(overview),
  keys: keysToAnswer(overview),
  tests: testsToAnswer(overview),
  requests: requestsToAnswer(overview),
  cache: cacheToAnswer(overview),
  system: systemToAnswer(overview),
});

const share = (part: number, whole: number): number | null => (whole === 0 ? null : Math.min(1, part / whole));

function adoptionToAnswer({ adoption, history }: Overview): OverviewAnswer['adoption'] {
  const { usersTotal, usersWithKeys } = adoption ?? {};
  return {
    users_total: usersTotal ?? null,
    users_with_keys: usersWithKeys ?? null,
    ratio: usersTotal === undefined || usersWithKeys === undefined ? null : share(usersWithKeys, usersTotal),
    history:
      history?.map(({ day, usersTotal, usersWithKeys, keys }) => ({
        day,
        users_total: usersTotal ?? null,
        users_with_keys: usersWithKeys,
        keys: { ...keys },
      })) ?? null,
  };
}

function keysToAnswer({ adoption }: Overview): OverviewAnswer['keys'] {
  if (adoption === undefined) return null;
  return [...PROVIDERS.values()].map(({ id, name }) => ({
    provider: id,
    provider_name: name,
    keys: adoption.keys[id] ?? 0,
  }));
}

function testsToAnswer({ adoption }: Overview): OverviewAnswer['tests'] {
  if (adoption === undefined) return null;
  const { valid = 0, invalid = 0, error = 0, untested = 0, ...others } = adoption.tests;
  const unknown = Object.values(others).reduce((sum, count) => sum + count, 0);
  return { valid, invalid, error, unknown, untested, success_rate: share(valid, valid + invalid + error) };
}

function requestsToAnswer({ requests: { since, count, errors, latency } }: Overview): OverviewAnswer['requests'] {
  // To the microsecond: the buckets tell no more.
  const milliseconds = (seconds: number): number => Math.round(seconds * 1_000_000) / 1000;
  return {
    since: since.toISOString(),
    count,
    errors,
    error_rate: share(errors, count),
    latency_ms: latency
      ? { p50: milliseconds(latency.p50), p95: milliseconds(latency.p95), p99: milliseconds(latency.p99) }
      : null,
  };
}

function cacheToAnswer({ cache: { hits, misses, size } }: Overview): OverviewAnswer['cache'] {
  return { hits, misses, hit_rate: share(hits, hits + misses), users: size };
}

const DIRECTORY = { starting: 'waiting', ready: 'ok', stopping: 'stopping' } as const;
const there = (is: boolean) => (is ? 'ok' : 'unavailable');

function systemToAnswer({ system }: Overview): OverviewAnswer['system'] {
  const { breaker, redis, audit, masterKeyIds } = system;
  return {
    version: system.version,
    started_at: system.startedAt.toISOString(),
    directory: DIRECTORY[system.directory],
    keycloak: breaker === undefined ? 'embedded' : there(breaker === 'closed'),
    breaker: breaker ?? null,
    redis: redis === undefined ? 'not_configured' : there(redis),
    database: there(system.database),
    replicas: system.replicas ?? null,
    audit: {
      lag_seconds: audit.lagSeconds,
      rows: audit.rows ?? null,
      head: audit.head === undefined ? null : { ...audit.head.anchor, at: audit.head.at.toISOString() },
    },
    master_key: { id: masterKeyIds[0] ?? '', others: Math.max(0, masterKeyIds.length - 1) },
  };
}
