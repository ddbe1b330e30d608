import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from '../support/programs/otlp-collector.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';

describe('traces of a service over real Keycloak and PostgreSQL', () => {
  let collector: OtlpCollector;
  let fakes: FakeProviders;
  let service: KeycloakService;
  beforeAll(async () => {
    collector = await startOtlpCollector();
    fakes = await startFakeProviders();
    service = await startKeycloakService({
      env: { ...providerEnv(fakes), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, LOG_LEVEL: 'debug' },
    });
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
    await collector?.close();
  });

  /** The trace of one request, once all of it has arrived. */
  const traceOf = (requestId: unknown, complete: (spans: CollectedSpan[]) => boolean): Promise<CollectedSpan[]> =>
    vi.waitFor(
      () => {
        const all = collector.spans();
        const root = all.find(({ attributes }) => attributes['byok.request_id'] === requestId);
        const spans = all.filter(({ traceId }) => traceId === root?.traceId);
        expect(spans.length > 0 && complete(spans), `${all.length} spans`).toBe(true);
        return spans;
      },
      { timeout: 20_000, interval: 200 },
    );
  const isQuery = ({ attributes }: CollectedSpan): boolean => attributes['db.system.name'] === 'postgresql';

  it('have the request, its calls to Keycloak and its statements in one trace', async () => {
    const person = await service.newPerson();
    const client = await service.platformClient({ email: person.email });
    const reply = await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-good-0123456789abcdef' });
    expect(reply.status).toBe(200);
    const spans = await traceOf(reply.headers['x-request-id'], (all) => all.filter(isQuery).length >= 2);

    const root = spans.find(({ parentSpanId }) => parentSpanId === undefined);
    expect(root).toMatchObject({
      name: `POST ${API}/keys/add`,
      attributes: {
        'http.request.method': 'POST',
        'http.route': `${API}/keys/add`,
        'http.response.status_code': 200,
        'byok.request_id': reply.headers['x-request-id'],
      },
    });
    expect(spans.filter((span) => span !== root).map(({ parentSpanId }) => parentSpanId)).toEqual(
      Array(spans.length - 1).fill(root?.spanId),
    );
    const users = `/admin/realms/${service.realm.name}/users`;
    const names = spans.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([`GET ${users}`, `GET ${users}/{id}`, `PUT ${users}/{id}`]));
    expect(names).toEqual(expect.arrayContaining(['DELETE key_projection', 'INSERT key_projection']));
  });

  it('name no host of people’s own, and hold no key, address, id or query', async () => {
    const canaries = createCanaries(40);
    const person = await service.newPerson();
    const client = await service.platformClient({ email: person.email });
    let last: unknown;
    for (const { provider, key } of canaries) {
      const endpoint = provider === 'custom' ? { endpoint: fakes.httpsUrl('custom') } : {};
      await client.post(`${API}/keys/add`, { provider, key, ...endpoint });
      await client.post(`${API}/keys/test/${provider}`);
      await client.get(`/${encodeURIComponent(key)}?key=${encodeURIComponent(key)}`);
      await client.send('GET', `${API}/keys?q=${encodeURIComponent(key)}`, {
        headers: {
          authorization: `Basic ${key}`,
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      });
      last = (await client.get(`${API}/keys`)).headers['x-request-id'];
    }
    await traceOf(last, () => true);
    const everything = collector.bodies.join('\n');
    expect(findCanaries(canaries, everything)).toEqual([]);
    for (const secret of [person.id, person.email, service.encryptionKey, '?', '0af7651916cd43dd8448eb211c80319c'])
      expect(everything).not.toContain(secret);
    for (const value of client.cookies.values()) expect(everything).not.toContain(value);
    expect(everything).not.toMatch(/gAAAA|eyJ|[Bb]earer|@example/);
    expect(collector.spans().map(({ name }) => name)).toContain('GET elsewhere');
  });

  it('leave out health probes', async () => {
    const probe = await service.client().get('/healthz');
    const reply = await service.client().get('/auth/me');
    await traceOf(reply.headers['x-request-id'], () => true);
    const ids = collector.spans().map(({ attributes }) => attributes['byok.request_id']);
    expect(ids).not.toContain(probe.headers['x-request-id']);
  });
});
