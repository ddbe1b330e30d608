// Metrics in the form that Prometheus reads, in a registry of their own: two services in one process share nothing.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { PROVIDERS } from '../providers/provider-table.ts';
import { ERRORS } from '../shared/errors.ts';
import type { MetricSources, Metrics, RequestTotals } from '../shared/metrics.ts';
import { watchSources } from './prometheus-gauges.ts';
import { readRequestTotals } from './prometheus-requests.ts';

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  /** All series in Prometheus' text format. */
  text(): Promise<string>;
  /** The requests to the routes that count, by their patterns. */
  requestTotals(isCounted: (route: string) => boolean): Promise<RequestTotals>;
}

interface Options {
  readonly version: string;
  /** Of this process: memory, event loop, garbage collection. */
  readonly process?: boolean;
}

// From half a millisecond (a cached answer) to longer than any answer may take.
const REQUEST_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const KEYCLOAK_BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const AUDIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const KEYCLOAK_OUTCOME =
  /^(?:ok|timeout|unreachable|cut_off|garbage|credentials_refused|breaker_open|asked_to_wait|status_[1-5]\d\d)$/;
const TEST_STATUS = ['valid', 'invalid', 'error', 'unknown'];

/** A label's value where it is on the list: nothing that came from outside becomes a label. */
const listed = (list: readonly string[] | ReadonlyMap<string, unknown>, value: string): string =>
  (Array.isArray(list) ? list.includes(value) : (list as ReadonlyMap<string, unknown>).has(value)) ? value : 'other';
/** Words of our own code. Neither a key nor an address nor an id has this form. */
const word = (value: string): string => (/^[a-z_]{1,24}$/.test(value) ? value : 'other');

export function createPrometheusMetrics({ version, process: ofProcess = true }: Options): PrometheusMetrics {
  const registry = new Registry();
  const registers = [registry];
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  new Gauge({ name: 'byok_build_info', help: 'Always 1; says which version runs.', labelNames: ['version'], registers })
    .labels(version)
    .set(1);
  const requests = histogram(
    'byok_http_request_duration_seconds',
    'Time from a request to its answer, by route pattern.',
    ['method', 'route', 'status'],
    REQUEST_BUCKETS,
  );
  const keycloakCalls = counter('byok_keycloak_calls_total', 'Calls to Keycloak’s admin API.', ['kind', 'outcome']);
  const keycloakTimes = histogram(
    'byok_keycloak_call_duration_seconds',
    'Time of a call to Keycloak’s admin API.',
    ['kind'],
    KEYCLOAK_BUCKETS,
  );
  const probes = counter('byok_probes_total', 'Tests of keys at their providers.', ['provider', 'status']);
  const releases = counter('byok_releases_total', 'Keys that services asked for.', ['source', 'outcome']);
  const cryptoFailures = counter(
    'byok_crypto_failures_total',
    'Stored keys that could not be decrypted, or were not bound to their owner, when they should have been used.',
    ['kind'],
  );
  // Shown as 0 from the start, so that the first one is an increase.
  for (const kind of ['undecryptable', 'unbound', 'unknown_key'] as const) cryptoFailures.inc({ kind }, 0);
  const refusals = counter('byok_anonymous_refusals_total', 'Refusals of somebody unknown.', ['code']);
  const auditRows = counter('byok_audit_rows_total', 'Audit rows written.', []);
  const auditTimes = histogram('byok_audit_write_duration_seconds', 'Time to write audit rows.', [], AUDIT_BUCKETS);

  const sources: { -readonly [N in keyof MetricSources]?: MetricSources[N] } = {};
  watchSources(registry, sources);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    requestTotals: (isCounted) => readRequestTotals(requests, isCounted),
    request(method, route, status) {
      const labels = { method: listed(METHODS, method), route, status: String(status) };
      return (seconds) => requests.observe(labels, seconds);
    },
    keycloakCall(kind, outcome, seconds) {
      keycloakCalls.inc({ kind: word(kind), outcome: KEYCLOAK_OUTCOME.test(outcome) ? outcome : 'other' });
      keycloakTimes.observe({ kind: word(kind) }, seconds);
    },
    probe: (provider, status) =>
      probes.inc({ provider: listed(PROVIDERS, provider), status: listed(TEST_STATUS, status) }),
    release: (source, outcome) => releases.inc({ source: word(source), outcome: word(outcome) }),
    cryptoFailure: (kind) => cryptoFailures.inc({ kind }),
    anonymousRefusal: (code) => refusals.inc({ code: listed(Object.keys(ERRORS), code) }),
    auditBatch(rows, seconds) {
      auditRows.inc(rows);
      auditTimes.observe(seconds);
    },
    watch: (more) => void Object.assign(sources, more),
  };
}
