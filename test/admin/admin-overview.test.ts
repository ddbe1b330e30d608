import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const PATH = `${API}/admin/overview`;
const today = (): string => new Date().toISOString().slice(0, 10);
const dayBefore = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

interface Overview {
  readonly adoption: { readonly history: { readonly day: string }[] | null };
  readonly requests: { readonly count: number; readonly latency_ms: Readonly<Record<string, number>> | null };
}

describe('GET /admin/overview', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  let admin: ApiClient;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startService({ ...providerEnv(fakes), BASE_PATH: '/byok' });
    admin = await demoClient(service, 'enterprise');
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });
  const overview = async (query = ''): Promise<Overview> => (await admin.get(`${PATH}${query}`)).body as Overview;

  it('is for administrators only, and is never kept', async () => {
    expect((await service.client().get(PATH)).status).toBe(401);
    expectProblem(await (await demoClient(service, 'professional')).get(PATH), 403, 'admin_required');
    const reply = await admin.get(PATH);
    expect(reply.status).toBe(200);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('shows what there is before there is anything', async () => {
    expect(await overview()).toEqual({
      adoption: {
        users_total: 4,
        users_with_keys: 0,
        ratio: 0,
        history: [{ day: today(), users_total: 4, users_with_keys: 0, keys: {} }],
      },
      keys: [...PROVIDERS.values()].map(({ id, name }) => ({ provider: id, provider_name: name, keys: 0 })),
      tests: { valid: 0, invalid: 0, error: 0, unknown: 0, untested: 0, success_rate: null },
      requests: {
        since: expect.stringMatching(/Z$/),
        count: expect.any(Number),
        errors: 0,
        error_rate: 0,
        latency_ms: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      },
      cache: {
        hits: expect.any(Number),
        misses: expect.any(Number),
        hit_rate: expect.any(Number),
        users: expect.any(Number),
      },
      system: {
        version: expect.stringMatching(/^\d/),
        started_at: expect.stringMatching(/Z$/),
        directory: 'ok',
        keycloak: 'embedded',
        breaker: null,
        redis: 'not_configured',
        database: 'ok',
        replicas: null,
        audit: {
          lag_seconds: 0,
          rows: expect.any(Number),
          head: {
            seq: expect.any(Number),
            head: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            at: expect.stringMatching(/Z$/),
          },
        },
        master_key: { id: expect.stringMatching(/^[0-9a-f]{12}$/), others: 0 },
      },
    });
  });

  it('counts keys and the results of tests, this moment’s', async () => {
    for (const [tier, provider, key] of [
      ['starter', 'openai', 'sk-good-0123456789abcdef'],
      ['starter', 'groq', 'gsk_bad-0123456789abcdef'],
      ['professional', 'openai', 'sk-good-0123456789abcdef'],
    ] as const) {
      const client = await demoClient(service, tier);
      await client.post(`${API}/keys/add`, { provider, key });
      if (tier === 'starter') await client.post(`${API}/keys/test/${provider}`);
    }
    expect(await overview()).toMatchObject({
      adoption: {
        users_total: 4,
        users_with_keys: 2,
        ratio: 0.5,
        history: [{ day: today(), users_with_keys: 2, keys: { openai: 2, groq: 1 } }],
      },
      keys: expect.arrayContaining([
        { provider: 'openai', provider_name: 'OpenAI', keys: 2 },
        { provider: 'groq', provider_name: 'Groq', keys: 1 },
      ]),
      tests: { valid: 1, invalid: 1, error: 0, unknown: 0, untested: 1, success_rate: 0.5 },
    });
  });

  it('shows the head of the chain as its check does, and how long it is', async () => {
    const { system } = (await admin.get(PATH)).body as { system: { audit: { rows: number; head: object } } };
    const { rows, head } = (await admin.post(`${API}/admin/audit/verify`)).body as { rows: number; head: object };
    expect(system.audit).toMatchObject({ rows, head });
  });

  it('counts the calls of the API and nothing else', async () => {
    const before = (await overview()).requests.count;
    for (const path of ['/healthz', '/readyz', '/auth/me', '/docs', '/openapi.json', '/nothing']) await admin.get(path);
    await admin.get(`${API}/keys`);
    await admin.get(`${API}/stats`);
    // The look before, and these two.
    expect((await overview()).requests.count).toBe(before + 3);
    const { latency_ms: latency } = (await overview()).requests;
    expect(latency?.p50).toBeGreaterThan(0);
    expect(latency?.p99).toBeGreaterThanOrEqual(latency?.p50 ?? 0);
  });

  it('goes as far back as it is asked to', async () => {
    const rows = [400, 100, 10, 1].map((days) => ({
      day: dayBefore(days),
      users_total: null,
      users_with_keys: 0,
      keys: '{}',
    }));
    await service.core.database.db.insertInto('adoption_snapshots').values(rows).execute();
    const days = async (query = '') => (await overview(query)).adoption.history?.map(({ day }) => day);
    expect(await days()).toEqual([dayBefore(10), dayBefore(1), today()]);
    expect(await days('?days=366')).toEqual([dayBefore(100), dayBefore(10), dayBefore(1), today()]);
    expect(await days('?days=10')).toEqual([dayBefore(1), today()]);
    expect(await days('?days=1')).toEqual([today()]);
  });

  it.each(['days=0', 'days=367', 'days=x', 'days=1.5'])('refuses %s', async (query) => {
    expectProblem(await admin.get(`${PATH}?${query}`), 422, 'validation_failed');
  });

  it('leaves no row in the audit log, unless somebody may not look', async () => {
    const count = async () =>
      Number(
        (
          await service.core.database.db
            .selectFrom('audit_log')
            .select(({ fn }) => fn.countAll<number>().as('rows'))
            .executeTakeFirstOrThrow()
        ).rows,
      );
    const before = await count();
    await admin.get(PATH);
    expect(await count()).toBe(before);
  });

  it('answers while the database is away', async () => {
    const lone = await startService();
    try {
      const client = await demoClient(lone, 'enterprise');
      await lone.core.database.close();
      const reply = await client.get(PATH);
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({
        adoption: { users_total: null, users_with_keys: null, ratio: null, history: null },
        keys: null,
        tests: null,
        requests: { errors: 0 },
        cache: { users: 1 },
        system: { database: 'unavailable', audit: { rows: null, head: null } },
      });
    } finally {
      await lone.stop();
    }
  });

  it('says how many older encryption keys there are, and tells nothing of any', async () => {
    const keys = [0, 1].map((fill) =>
      Buffer.alloc(32, fill + 65)
        .toString('base64url')
        .concat('='),
    );
    const lone = await startService({ ENCRYPTION_KEY: keys.join(',') });
    try {
      const reply = await (await demoClient(lone, 'enterprise')).get(PATH);
      expect(reply.body).toMatchObject({ system: { master_key: { id: lone.core.auditChain.keyIds[0], others: 1 } } });
      for (const key of keys) expect(reply.text).not.toContain(key.slice(0, 8));
    } finally {
      await lone.stop();
    }
  });
});
