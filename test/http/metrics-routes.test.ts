import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';
import { metricValue, scrape, TOKEN } from '../support/service/metrics.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

describe('GET /metrics', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ METRICS_TOKEN: TOKEN, BASE_PATH: '/byok' });
  });
  afterAll(() => service?.stop());

  const ask = (authorization?: string) =>
    service.client().get('/metrics', authorization === undefined ? {} : { headers: { authorization } });

  it('is not there without METRICS_TOKEN', async () => {
    const other = await startService();
    onTestFinished(() => other.stop());
    expectProblem(await other.client().get('/metrics'), 404, 'route_not_found');
    expect(other.app.registeredRoutes.map(({ url }) => url)).not.toContain('/metrics');
  });

  it.each([
    undefined,
    'Bearer ',
    'Bearer wrong-wrong-wrong',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
  ])('is refused to somebody who sends %s', async (authorization) => {
    expectProblem(await ask(authorization), 401, 'not_authenticated');
  });

  it('answers in Prometheus’ format to the token, without a line in the log', async () => {
    const before = service.logs.length;
    const reply = await ask(`Bearer ${TOKEN}`);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.text).toMatch(/^byok_build_info\{version="\d/m);
    expect(reply.text).toContain('process_resident_memory_bytes');
    expect(reply.text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(service.logs.slice(before)).toEqual([]);
  });

  it('counts requests by route pattern and status, whatever the address', async () => {
    const client = await demoClient(service);
    const before = await scrape(service);
    await client.get(`${API}/keys?_t=1700000000000`);
    await client.get(`${API}/keys`);
    await client.delete(`${API}/keys/groq`);
    await client.delete(`${API}/keys/nobody`);
    await client.get('/no/such/address/sk-0123456789abcdef');
    await service.client().send('PROPFIND', '/');
    const after = await scrape(service);
    const more = (labels: Record<string, string>) =>
      metricValue(after, 'byok_http_request_duration_seconds_count', labels) -
      metricValue(before, 'byok_http_request_duration_seconds_count', labels);
    const keys = `/byok${API}/keys`;
    expect(more({ method: 'GET', route: keys, status: '200' })).toBe(2);
    expect(more({ method: 'DELETE', route: `${keys}/:provider`, status: '200' })).toBe(1);
    expect(more({ method: 'DELETE', route: `${keys}/:provider`, status: '400' })).toBe(1);
    expect(more({ method: 'GET', route: 'unknown', status: '404' })).toBe(1);
    expect(after).not.toMatch(/groq.*byok_http|such|sk-0123/);
  });

  it('counts reads of the cache, and refusals of callers who are not signed in by code', async () => {
    const client = await demoClient(service, 'professional');
    const before = await scrape(service);
    await client.get(`${API}/keys`);
    await service.client().get(`${API}/keys`);
    const after = await scrape(service);
    const more = (name: string, labels = {}) => metricValue(after, name, labels) - metricValue(before, name, labels);
    expect(more('byok_cache_hits_total') + more('byok_cache_misses_total')).toBe(1);
    expect(metricValue(after, 'byok_cache_users')).toBeGreaterThan(0);
    expect(more('byok_anonymous_refusals_total', { code: 'not_authenticated' })).toBe(1);
  });

  it('does not count the refusal of somebody known as an anonymous one', async () => {
    const client = await demoClient(service, 'trial');
    const before = metricValue(await scrape(service), 'byok_anonymous_refusals_total', { code: 'tier_required' });
    const reply = await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    expectProblem(reply, 403, 'tier_required');
    expect(metricValue(await scrape(service), 'byok_anonymous_refusals_total', { code: 'tier_required' })).toBe(before);
  });

  it('knows after a write who has keys, and nothing of a key, a person or a session', async () => {
    const client = await demoClient(service, 'enterprise');
    const canaries = createCanaries(40);
    for (const { provider, key } of canaries) {
      const endpoint = provider === 'custom' ? { endpoint: `https://${key.slice(0, 4)}.example.com/v1` } : {};
      await client.post(`${API}/keys/add`, { provider, key, ...endpoint });
      await client.get(`/${encodeURIComponent(key)}`);
      await client.delete(`${API}/keys/${encodeURIComponent(key)}`);
    }
    await service.adoption.refresh();
    const text = await scrape(service);
    expect(metricValue(text, 'byok_users')).toBe(4);
    expect(metricValue(text, 'byok_users_with_keys')).toBe(1);
    expect(metricValue(text, 'byok_adoption_ratio')).toBe(0.25);
    expect(metricValue(text, 'byok_keys', { provider: 'openai' })).toBe(1);
    expect(metricValue(text, 'byok_keys_by_test', { status: 'untested' })).toBe(8);
    expect(findCanaries(canaries, text)).toEqual([]);
    const { id } = (await client.get('/auth/me')).body as { id: string };
    expect(text).not.toContain(id);
    expect(text).not.toContain('@');
    for (const value of client.cookies.values()) expect(text).not.toContain(value);
  });

  it('counts tests by provider and result, and stored keys that could not be used', async () => {
    const fakes = await startFakeProviders();
    onTestFinished(() => fakes.close());
    const own = await startService({ METRICS_TOKEN: TOKEN, ...providerEnv(fakes) });
    onTestFinished(() => own.stop());
    const client = await demoClient(own);
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-good-0123456789abcdef' });
    await client.post(`${API}/keys/test/openai`);
    await client.post(`${API}/keys/test/groq`, { key: 'gsk_0123456789abcdef' });
    const { db } = own.core.database;
    await db
      .updateTable('embedded_users')
      .set({
        attributes: sql<string>`attributes || '{"byok_openai_binding": ["moved"], "byok_groq_key": ["broken"]}'::jsonb`,
      })
      .where('email', '=', 'professional@example.com')
      .execute();
    await db
      .updateTable('embedded_users')
      .set({
        attributes: sql<string>`attributes || (select jsonb_build_object('byok_openai_key', attributes->'byok_openai_key') from embedded_users where email = 'starter@example.com')`,
      })
      .where('email', '=', 'professional@example.com')
      .execute();
    const other = await demoClient(own, 'professional');
    for (const provider of ['openai', 'groq']) await other.post(`${API}/keys/test/${provider}`);
    const text = await scrape(own);
    expect(metricValue(text, 'byok_probes_total', { provider: 'openai', status: 'valid' })).toBe(1);
    expect(metricValue(text, 'byok_probes_total', { provider: 'groq', status: 'invalid' })).toBe(1);
    expect(metricValue(text, 'byok_crypto_failures_total', { kind: 'unbound' })).toBe(1);
    expect(metricValue(text, 'byok_crypto_failures_total', { kind: 'undecryptable' })).toBe(1);
    await own.adoption.refresh();
    const tested = await scrape(own);
    expect(metricValue(tested, 'byok_keys_by_test', { status: 'valid' })).toBe(1);
  });

  it('lets no write fail with what it is counted from, says so once, and has no number then', async () => {
    const own = await startService({ METRICS_TOKEN: TOKEN });
    onTestFinished(() => own.stop());
    const client = await demoClient(own);
    await own.core.database.db.schema.dropTable('key_projection').execute();
    for (const provider of ['openai', 'groq']) {
      const reply = await client.post(`${API}/keys/add`, { provider, key: 'sk-0123456789abcdef' });
      expect(reply.status).toBe(200);
    }
    await own.adoption.refresh();
    expect(own.logs.filter((line) => line.includes('who has keys could not be noted'))).toHaveLength(1);
    expect(await scrape(own)).not.toMatch(/^byok_adoption_ratio /m);
  });
});
