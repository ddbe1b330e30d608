// What is counted while the service works. No label holds anything of a person: every one is from a fixed list.
import type { Bucket } from './histogram-quantile.ts';

export type BreakerState = 'closed' | 'half_open' | 'open';

/** How many people have keys, and which. */
export interface Adoption {
  /** Undefined until the directory has been asked. */
  readonly usersTotal: number | undefined;
  /** People with at least one key. */
  readonly usersWithKeys: number;
  /** Provider id → number of keys. Providers without keys are 0. */
  readonly keys: Readonly<Record<string, number>>;
  /** Result of the last test → number of keys; `untested` for those that have none. */
  readonly tests: Readonly<Record<string, number>>;
}

/** Requests since the start of this process. */
export interface RequestTotals {
  readonly count: number;
  /** Those that were answered with 5xx. */
  readonly errors: number;
  /** Times in seconds. */
  readonly buckets: readonly Bucket[];
}

/** What is asked for at each scrape. */
export interface MetricSources {
  readonly cache: () => { readonly hits: number; readonly misses: number; readonly size: number };
  readonly breaker: () => BreakerState;
  /** Part → what fails of it, in a word; undefined where nothing does. Only parts that are configured. */
  readonly outages: () => Readonly<Record<string, string | undefined>>;
  /** Whether it takes work, as far as is known without asking anybody. */
  readonly ready: () => boolean;
  /** Age of the oldest audit event that is not on disk yet, in seconds; 0 where none waits. */
  readonly auditLag: () => number;
  /** Undefined: not known at present. */
  readonly adoption: () => Adoption | undefined;
}

export interface Metrics {
  /**
   * A recorder for requests that were answered so, for the caller to keep: it takes the time in seconds.
   * `route` is the route's pattern, never an address.
   */
  request(method: string, route: string, status: number): (seconds: number) => void;
  /** A call to Keycloak's admin API. `seconds` from asking for a token to the answer. */
  keycloakCall(kind: string, outcome: string, seconds: number): void;
  /** A test of a key at its provider, or what kept it from being made. */
  probe(provider: string, status: string): void;
  /** A key that a service asked for. `source`: whose key it was; `none` where there was none to give. */
  release(source: 'user' | 'team' | 'system' | 'none', outcome: string): void;
  /** A stored key that could not be used when it should have been. */
  cryptoFailure(kind: 'undecryptable' | 'unbound' | 'unknown_key'): void;
  /** A refusal of somebody unknown, of which no audit row is kept. `code` as in the catalogue of errors. */
  anonymousRefusal(code: string): void;
  /** Audit rows that were written together, and how long that took. */
  auditBatch(rows: number, seconds: number): void;
  /** Where to ask at each scrape. What is not given has no value. */
  watch(sources: Partial<MetricSources>): void;
}
