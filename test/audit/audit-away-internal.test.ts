// Where nothing can be recorded, nothing leaves: the routes over an audit log that fails.
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildInternalApp } from '../../src/app/app.ts';
import { API_PREFIX } from '../../src/http/feature.ts';
import { createKeyRelease } from '../../src/release/key-release.ts';
import { resolveRoute } from '../../src/release/resolve-routes.ts';
import { newServiceToken } from '../../src/services/service-caller.ts';
import { createServiceIdentities } from '../../src/services/service-identities.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { SERVICE_SCOPES } from '../../src/shared/service-scopes.ts';
import { createPrometheusMetrics } from '../../src/telemetry/prometheus-metrics.ts';
import { createSubscriptions } from '../../src/usage/subscriptions.ts';
import { tierRoutes } from '../../src/usage/tier-routes.ts';
import { createUsageService } from '../../src/usage/usage.ts';
import { usageRoutes } from '../../src/usage/usage-routes.ts';
import type { UsageStore } from '../../src/usage/usage-store.ts';
import { createFindUserByEmail } from '../../src/users/find-user-by-email.ts';
import { createTiers } from '../../src/users/tiers.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const KEY = 'sk-0123456789abcdef';
const SYSTEM_KEY = 'sk-system-0123456789';
const TOKEN = newServiceToken();
const LIMIT = 1_000_000;

/** What the application around them asks for; no test looks at it. */
const shell: Omit<Parameters<typeof buildInternalApp>[0], 'features' | 'services'> = {
  version: 'test',
  logger: pino({ level: 'silent' }),
  production: false,
  basePath: '',
  tls: undefined,
  trustedProxies: [],
  rateLimits: { perUser: LIMIT, perAddress: LIMIT, perUserWrites: LIMIT, perService: LIMIT },
  redis: undefined,
  signIn: {},
  readiness: () => 'ready',
  pingDatabase: async () => undefined,
  outages: () => ({}),
  metrics: createPrometheusMetrics({ version: 'test' }),
  metricsToken: undefined,
  tracing: undefined,
};

describe('internal services while nothing can be recorded', () => {
  const audit = createMemoryAuditLog();
  const resets: string[] = [];
  let databaseAway = false;
  let scopes: readonly (typeof SERVICE_SCOPES)[number][] = SERVICE_SCOPES;
  let world: ReturnType<typeof createKeyWorld>;
  let app: Awaited<ReturnType<typeof buildInternalApp>>;
  beforeAll(async () => {
    world = createKeyWorld();
    await world.add('openai', KEY);
    const { cache, directory, vault } = world;
    const tiers = createTiers();
    const findUserByEmail = createFindUserByEmail({ directory, cache, maxUsers: 10, requireVerified: true });
    const count = { day: '2026-11-22', used: 0 };
    const store: Pick<UsageStore, 'read' | 'reset'> = {
      read: async () => count,
      reset: async (userId) => {
        if (databaseAway) throw new ByokError('database_unavailable', { reason: 'away' });
        resets.push(userId);
        return count;
      },
    };
    const usage = createUsageService({
      store: store as UsageStore,
      findUser: async () => cache.get(world.userId),
      audit,
    });
    const keyRelease = createKeyRelease({
      cache,
      findUserByEmail,
      vault,
      tiers,
      minimumTier: 'starter',
      systemKeys: new Map([['groq', SYSTEM_KEY]]),
      audit,
      ttlMs: 300_000,
    });
    const subscriptions = createSubscriptions({
      directory,
      requireVerified: true,
      writes: world.writes,
      tiers,
      knownTiers: new Set(['enterprise']),
      usage,
      audit,
      assertWritable: () => undefined,
    });
    app = await buildInternalApp({
      ...shell,
      services: {
        auditLog: audit,
        serviceIdentities: {
          ...createServiceIdentities({ tokens: { findByHash: async () => undefined }, identityProvider: undefined }),
          verify: async () => ({ kind: 'service', id: 'proxy', scopes: new Set(scopes), providers: undefined }),
        },
      },
      features: [
        {
          services: {
            resolve: async (scope) => scope.register(resolveRoute, { prefix: API_PREFIX, keyRelease }),
            tier: async (scope) => scope.register(tierRoutes, { prefix: API_PREFIX, subscriptions }),
            usage: async (scope) => scope.register(usageRoutes, { prefix: API_PREFIX, usage }),
          },
        },
      ],
    });
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    audit.events.length = 0;
    audit.broken = true;
    databaseAway = false;
    resets.length = 0;
    scopes = SERVICE_SCOPES;
  });

  const call = async (method: 'POST' | 'PUT', path: string, payload: object) => {
    const url = `/api/v1/byok/internal${path}`;
    return await app.inject({ method, url, payload, headers: { authorization: `Bearer ${TOKEN}` } });
  };
  const resolve = (more: object = {}) =>
    call('POST', '/keys/resolve', { user: { email: 'ada@example.com' }, provider: 'openai', ...more });

  it.each([
    ['the user’s own key', {}],
    ['a system key', { provider: 'groq', system_fallback: true }],
    ['a reason why there is none', { provider: 'groq' }],
    ['whether there is such a user', { user: { email: 'nobody@example.com' } }],
  ])('do not get %s', async (_, more) => {
    const reply = await resolve(more);
    expect({ status: reply.statusCode, code: reply.json().code }).toEqual({ status: 503, code: 'audit_unavailable' });
    for (const word of [KEY, SYSTEM_KEY, 'no_key', 'no such user']) expect(reply.body).not.toContain(word);
    expect(reply.headers['retry-after']).toBe('5');
    audit.broken = false;
    expect((await resolve(more)).json()).not.toMatchObject({ code: 'audit_unavailable' });
    expect(audit.events).toHaveLength(1);
  });

  it('do not set a tier, nor begin a count anew', async () => {
    const tier = await call('PUT', '/users/ada%40example.com/tier', { tier: 'enterprise' });
    const reset = await call('POST', '/users/ada%40example.com/usage/reset', {});
    expect([tier.json().code, reset.json().code]).toEqual(['audit_unavailable', 'audit_unavailable']);
    expect(world.directory.attributes(world.userId).subscription_tier).toEqual(['starter']);
    expect(resets).toEqual([]);
  });

  it('begin no count anew where the database fails behind the row, and a second row says so', async () => {
    audit.broken = false;
    databaseAway = true;
    const reply = await call('POST', '/users/ada%40example.com/usage/reset', {});
    expect({ status: reply.statusCode, code: reply.json().code }).toEqual({
      status: 503,
      code: 'database_unavailable',
    });
    const row = { action: 'usage.reset', actor: { kind: 'service', id: 'proxy' }, subject: world.userId };
    expect(audit.events).toMatchObject([
      { ...row, outcome: 'ok' },
      { ...row, outcome: 'failed', reason: 'database_unavailable' },
    ]);
    expect(new Set(audit.events.map(({ requestId }) => requestId)).size).toBe(1);
  });

  it('are recorded when they lack a scope', async () => {
    audit.broken = false;
    scopes = ['usage'];
    expect((await resolve()).statusCode).toBe(403);
    expect((await call('PUT', '/users/ada%40example.com/tier', { tier: 'enterprise' })).statusCode).toBe(403);
    scopes = ['resolve'];
    expect((await call('POST', '/users/ada%40example.com/usage/reset', {})).statusCode).toBe(403);
    const refused = { outcome: 'refused', reason: 'scope_required', actor: { kind: 'service', id: 'proxy' } };
    expect(audit.events).toMatchObject(
      ['key.release', 'tier.set', 'usage.reset'].map((action) => ({ action, ...refused, address: '127.0.0.1' })),
    );
  });
});
