// Series whose values are asked for at each scrape. Where there is nobody to ask, a series has no value.
import { Counter, Gauge, type Registry } from 'prom-client';
import { PROVIDERS } from '../providers/provider-table.ts';
import type { BreakerState, MetricSources } from '../shared/metrics.ts';

type Sources = Readonly<Partial<MetricSources>>;

const BREAKER_STATES: readonly BreakerState[] = ['closed', 'half_open', 'open'];
const TEST_RESULTS = ['valid', 'invalid', 'error', 'unknown', 'untested'];

/** @param sources is looked at anew each time. */
export function watchSources(registry: Registry, sources: Sources): void {
  watchCache(registry, sources);
  watchKeycloakAndAudit(registry, sources);
  watchAdoption(registry, sources);
}

function watchCache(registry: Registry, sources: Sources): void {
  const counts = [
    ['hits', 'byok_cache_hits_total', 'Reads of a user that the cache answered.'],
    ['misses', 'byok_cache_misses_total', 'Reads of a user that Keycloak had to be asked for.'],
  ] as const;
  for (const [which, name, help] of counts) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(sources.cache?.()[which] ?? 0);
      },
    });
  }
  gauge(registry, 'byok_cache_users', 'Users in the cache.', () => sources.cache?.().size);
}

function watchKeycloakAndAudit(registry: Registry, sources: Sources): void {
  new Gauge({
    name: 'byok_keycloak_breaker_state',
    help: '1 for the state that the circuit breaker before Keycloak is in.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const state = sources.breaker?.();
      this.reset();
      if (state !== undefined) for (const each of BREAKER_STATES) this.set({ state: each }, each === state ? 1 : 0);
    },
  });
  new Gauge({
    name: 'byok_part_up',
    help: '1 while a part that is configured does what the service needs of it, as /readyz says; 0 while it does not.',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [part, fault] of Object.entries(sources.outages?.() ?? {}))
        this.set({ part }, fault === undefined ? 1 : 0);
    },
  });
  gauge(
    registry,
    'byok_ready',
    '1 while the service takes work, as /readyz says; 0 while it starts, stops or lacks the database.',
    () => {
      const ready = sources.ready?.();
      return ready === undefined ? undefined : Number(ready);
    },
  );
  gauge(registry, 'byok_audit_lag_seconds', 'Age of the oldest audit event that is not on disk.', () =>
    sources.auditLag?.(),
  );
}

function watchAdoption(registry: Registry, sources: Sources): void {
  const adoption = () => sources.adoption?.();
  gauge(registry, 'byok_users', 'Users of the directory.', () => adoption()?.usersTotal);
  gauge(registry, 'byok_users_with_keys', 'Users with at least one key.', () => adoption()?.usersWithKeys);
  gauge(registry, 'byok_adoption_ratio', 'Share of the users who have a key, from 0 to 1.', () => {
    const { usersTotal = 0, usersWithKeys = 0 } = adoption() ?? {};
    return usersTotal === 0 ? undefined : Math.min(1, usersWithKeys / usersTotal);
  });
  groupGauge(
    registry,
    'byok_keys',
    'Stored keys by provider.',
    'provider',
    [...PROVIDERS.keys()],
    () => adoption()?.keys,
  );
  groupGauge(
    registry,
    'byok_keys_by_test',
    'Stored keys by their last test.',
    'status',
    TEST_RESULTS,
    () => adoption()?.tests,
  );
}

function gauge(registry: Registry, name: string, help: string, read: () => number | undefined): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

/** One value for each name on the list; what is counted under any other name counts as `other`. */
function groupGauge(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  names: readonly string[],
  read: () => Readonly<Record<string, number>> | undefined,
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      const counts = read();
      if (counts === undefined) return;
      for (const each of names) this.set({ [label]: each }, counts[each] ?? 0);
      const others = Object.entries(counts).filter(([each]) => !names.includes(each));
      if (others.length > 0)
        this.set(
          { [label]: 'other' },
          others.reduce((sum, [, count]) => sum + count, 0),
        );
    },
  });
}
