import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics } from '../../src/telemetry/prometheus-metrics.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';
import { metricValue, seriesNames } from '../support/service/metrics.ts';

const create = () => createPrometheusMetrics({ version: '1.2.3', process: false });

describe('metrics for Prometheus', () => {
  it('share nothing with those of another service in the same process', async () => {
    const [one, two] = [create(), create()];
    one.probe('openai', 'valid');
    expect(metricValue(await one.text(), 'byok_probes_total', { provider: 'openai', status: 'valid' })).toBe(1);
    expect(metricValue(await two.text(), 'byok_probes_total', { provider: 'openai', status: 'valid' })).toBe(0);
  });

  it('count what they are told', async () => {
    const metrics = create();
    metrics.keycloakCall('read', 'ok', 0.02);
    metrics.keycloakCall('read', 'status_503', 0.2);
    metrics.release('user', 'ok');
    metrics.release('none', 'no_key');
    metrics.cryptoFailure('unbound');
    metrics.anonymousRefusal('not_authenticated');
    metrics.auditBatch(7, 0.003);
    const text = await metrics.text();
    expect(metricValue(text, 'byok_keycloak_calls_total', { kind: 'read', outcome: 'ok' })).toBe(1);
    expect(metricValue(text, 'byok_keycloak_calls_total', { kind: 'read', outcome: 'status_503' })).toBe(1);
    expect(metricValue(text, 'byok_keycloak_call_duration_seconds_sum', { kind: 'read' })).toBeCloseTo(0.22);
    expect(metricValue(text, 'byok_releases_total', { source: 'user', outcome: 'ok' })).toBe(1);
    expect(metricValue(text, 'byok_releases_total', { source: 'none', outcome: 'no_key' })).toBe(1);
    expect(metricValue(text, 'byok_crypto_failures_total', { kind: 'unbound' })).toBe(1);
    expect(text).toContain('byok_crypto_failures_total{kind="undecryptable"} 0');
    expect(metricValue(text, 'byok_anonymous_refusals_total', { code: 'not_authenticated' })).toBe(1);
    expect(metricValue(text, 'byok_audit_rows_total')).toBe(7);
    expect(metricValue(text, 'byok_audit_write_duration_seconds_count')).toBe(1);
  });

  it('tell p50, p95 and p99 apart from a millisecond to twenty seconds', async () => {
    const metrics = create();
    const record = metrics.request('GET', '/keys', 200);
    for (const seconds of [0.0004, 0.0009, 0.004, 0.04, 0.4, 4, 19, 25]) record(seconds);
    const labels = { method: 'GET', route: '/keys', status: '200' };
    const text = await metrics.text();
    const below = (le: string) => metricValue(text, 'byok_http_request_duration_seconds_bucket', { le, ...labels });
    expect(['0.0005', '0.001', '0.005', '0.05', '0.5', '5', '20', '+Inf'].map(below)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('have no value for what nobody watches, and say all the same that it is there', async () => {
    const metrics = create();
    const text = await metrics.text();
    for (const name of ['byok_audit_lag_seconds', 'byok_keycloak_breaker_state', 'byok_adoption_ratio', 'byok_keys']) {
      expect(seriesNames(text)).toContain(name);
      expect(text).not.toMatch(new RegExp(`^${name}[ {]`, 'm'));
    }
  });

  it('say of each part that is configured whether it works, and whether the service takes work', async () => {
    const metrics = create();
    const outages: { database: string | undefined; redis?: string } = { database: undefined, redis: 'full' };
    let ready = true;
    metrics.watch({ outages: () => outages, ready: () => ready });
    const first = await metrics.text();
    expect(metricValue(first, 'byok_part_up', { part: 'database' })).toBe(1);
    expect(metricValue(first, 'byok_part_up', { part: 'redis' })).toBe(0);
    expect(first).not.toContain('part="keycloak"');
    expect(metricValue(first, 'byok_ready')).toBe(1);
    delete outages.redis;
    outages.database = 'read_only';
    ready = false;
    const second = await metrics.text();
    expect(metricValue(second, 'byok_part_up', { part: 'database' })).toBe(0);
    expect(second).not.toContain('part="redis"');
    expect(metricValue(second, 'byok_ready')).toBe(0);
  });

  it('ask at each scrape, and forget what is no longer known', async () => {
    const metrics = create();
    const state = { breaker: 'open' as 'open' | 'closed', known: true };
    const adoption = { usersTotal: 8, usersWithKeys: 2, keys: { openai: 2 }, tests: { valid: 1, untested: 1 } };
    metrics.watch({
      cache: () => ({ hits: 3, misses: 2, size: 1 }),
      breaker: () => state.breaker,
      auditLag: () => 0.5,
    });
    metrics.watch({ adoption: () => (state.known ? adoption : undefined) });
    const first = await metrics.text();
    expect(metricValue(first, 'byok_cache_hits_total')).toBe(3);
    expect(metricValue(first, 'byok_cache_misses_total')).toBe(2);
    expect(metricValue(first, 'byok_keycloak_breaker_state', { state: 'open' })).toBe(1);
    expect(metricValue(first, 'byok_audit_lag_seconds')).toBe(0.5);
    expect(metricValue(first, 'byok_adoption_ratio')).toBe(0.25);
    expect(metricValue(first, 'byok_keys', { provider: 'openai' })).toBe(2);
    expect(first).toContain('byok_keys{provider="groq"} 0');
    expect(metricValue(first, 'byok_keys_by_test', { status: 'valid' })).toBe(1);
    state.breaker = 'closed';
    state.known = false;
    const second = await metrics.text();
    expect(metricValue(second, 'byok_cache_hits_total')).toBe(3);
    expect(metricValue(second, 'byok_keycloak_breaker_state', { state: 'open' })).toBe(0);
    expect(metricValue(second, 'byok_keycloak_breaker_state', { state: 'closed' })).toBe(1);
    expect(second).not.toMatch(/^byok_(?:adoption_ratio|users|keys)[ {]/m);
  });

  it('show an adoption of zero users as no ratio, and of more keys’ owners than users as one', async () => {
    const metrics = create();
    const ratio = async (usersTotal: number | undefined, usersWithKeys: number): Promise<string | undefined> => {
      metrics.watch({ adoption: () => ({ usersTotal, usersWithKeys, keys: {}, tests: {} }) });
      return /^byok_adoption_ratio (\S+)$/m.exec(await metrics.text())?.[1];
    };
    expect(await ratio(0, 0)).toBeUndefined();
    expect(await ratio(undefined, 3)).toBeUndefined();
    expect(await ratio(2, 3)).toBe('1');
  });

  it('make no label of anything that is not on their lists, a key least of all', async () => {
    const metrics = create();
    const canaries = createCanaries(50);
    for (const { key } of [...canaries, { key: 'ada@example.com' }, { key: '09dff9ff-b372-4377-ac9c-fe4c9d6f03ca' }]) {
      metrics.keycloakCall(key, key, 1);
      metrics.probe(key, key);
      metrics.release(key as 'user', key);
      metrics.anonymousRefusal(key);
      metrics.request(key, '/keys', 200)(1);
      metrics.watch({ adoption: () => ({ usersTotal: 1, usersWithKeys: 1, keys: { [key]: 1 }, tests: { [key]: 1 } }) });
      expect(await metrics.text()).toContain('byok_keys{provider="other"} 1');
    }
    const text = await metrics.text();
    expect(findCanaries(canaries, text)).toEqual([]);
    expect(text).not.toMatch(/ada|09dff9ff/);
    expect(metricValue(text, 'byok_probes_total', { provider: 'other', status: 'other' })).toBe(52);
  });
});
