// What each hook counts, for whom, and how often: in memory, and where the shared counters cannot be read.
import { type FastifyInstance, fastify } from 'fastify';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RateLimits, rateLimitsPlugin } from '../../src/http/rate-limits.ts';
import { ByokError } from '../../src/shared/errors.ts';

const LIMITS: RateLimits = { perUser: 3, perAddress: 4, perUserWrites: 2, perService: 5 };
const HOOKS = ['address', 'health', 'logout', 'user', 'add', 'test', 'service'] as const;
type Hook = (typeof HOOKS)[number];

interface From {
  readonly address?: string;
  readonly user?: string;
  readonly service?: string;
}

let app: FastifyInstance;
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

/** One route for each hook; who asks is said by the test. */
async function build(limits: Partial<RateLimits> = {}, redis?: Redis): Promise<void> {
  app = fastify({ trustProxy: true });
  app.decorateRequest('principal');
  app.decorateRequest('caller');
  await app.register(rateLimitsPlugin, { limits: { ...LIMITS, ...limits }, redis });
  app.setErrorHandler(async (error, _, reply) => {
    if (!(error instanceof ByokError)) throw error;
    return reply.code(error.status).send({ detail: error.detail, retryAfter: error.retryAfter });
  });
  app.addHook('onRequest', async (request) => {
    const { 'x-user': userId, 'x-service': id } = request.headers;
    const none = { email: undefined, roles: [], sessionId: undefined };
    if (typeof userId === 'string') request.principal = { ...none, userId, via: 'bearer' };
    if (typeof id === 'string') request.caller = { id, scopes: new Set(), mayUse: () => true } as never;
  });
  for (const name of HOOKS)
    app.get(`/${name}`, { onRequest: app.limits[name] }, async ({ addressCounted }) => ({ addressCounted }));
}

function ask(hook: Hook, { address = '192.0.2.1', user, service }: From = {}) {
  const who = { ...(user && { 'x-user': user }), ...(service && { 'x-service': service }) };
  return app.inject({ method: 'GET', url: `/${hook}`, headers: { 'x-forwarded-for': address, ...who } });
}
/** How many of so many pass. */
async function passed(hook: Hook, from: From | readonly string[], times = 9): Promise<number> {
  const all = Array.isArray(from) ? from.map((address) => ({ address })) : Array<From>(times).fill(from as From);
  let count = 0;
  for (const one of all) if ((await ask(hook, one)).statusCode === 200) count += 1;
  return count;
}

describe('the limit of a hook', () => {
  it('is its own, and counts apart from the others', async () => {
    await build();
    const counts: Partial<Record<Hook, number>> = {};
    for (const hook of HOOKS) counts[hook] = await passed(hook, { user: 'ada', service: 'gateway' });
    expect(counts).toEqual({ address: 4, health: 4, logout: 5, user: 3, add: 2, test: 2, service: 5 });
  });

  it.each([
    ['user', { user: 'ada' }, { user: 'eve' }],
    ['add', { user: 'ada' }, { user: 'eve' }],
    ['test', { user: 'ada' }, { user: 'eve' }],
    ['service', { service: 'gateway' }, { service: 'batch' }],
  ] as const)('%s goes by who asks, wherever from', async (hook, one, other) => {
    await build();
    await passed(hook, one);
    expect((await ask(hook, { ...one, address: '192.0.2.2' })).statusCode).toBe(429);
    expect((await ask(hook, other)).statusCode).toBe(200);
  });

  it.each(HOOKS)('%s goes by the network of nobody in particular', async (hook) => {
    await build();
    await passed(hook, { address: '2001:db8::1' });
    expect((await ask(hook, { address: '2001:db8::2' })).statusCode).toBe(429);
    expect((await ask(hook, { address: '2001:db8:0:1::1' })).statusCode).toBe(200);
    expect((await ask(hook)).statusCode).toBe(200);
  });

  it('is told with every answer, and a refusal says when to come back', async () => {
    await build();
    const { headers } = await ask('user', { user: 'ada' });
    expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '2', 'ratelimit-reset': '60' });
    await passed('user', { user: 'ada' });
    const refused = await ask('user', { user: 'ada' });
    expect(refused.headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '0' });
    const { detail, retryAfter } = refused.json<{ detail: string; retryAfter: number }>();
    expect(detail).toBe(`Too many requests. Try again in ${retryAfter} s.`);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });

  it('of an address says so on the request, so that its refusal is not counted once more', async () => {
    await build();
    expect((await ask('address')).json()).toEqual({ addressCounted: true });
    expect((await ask('user')).json()).toEqual({ addressCounted: false });
  });
});

describe('the limit of an IPv6 network', () => {
  const hex = (n: number): string => n.toString(16);
  const of56 = (n: number, many: number) => Array.from({ length: many }, (_, i) => `2001:db8:1:${hex(n * 256 + i)}::1`);

  it('is four times that of a /64 for a /56, and sixteen times for a /48', async () => {
    await build({ perAddress: 2 });
    expect(await passed('address', of56(0, 12))).toBe(8);
    expect(await passed('address', of56(1, 12))).toBe(8);
    const rest = [2, 3, 4].flatMap((n) => of56(n, 8));
    expect(await passed('address', rest)).toBe(16);
    expect(await passed('address', ['2001:db8:1:ffff::1', '2001:db8:2::1', '192.0.2.9'])).toBe(2);
  });

  it('is not used up for its neighbours by what one of them was refused', async () => {
    await build({ perAddress: 2 });
    expect(await passed('address', { address: '2001:db8:1:100::1' }, 40)).toBe(2);
    expect(await passed('address', ['2001:db8:1:101::1', '2001:db8:1:2::1'])).toBe(2);
  });

  it('is told as that of the narrowest, unless a wider one is used up', async () => {
    await build({ perAddress: 1 });
    expect((await ask('address', { address: '2001:db8:1:1::1' })).headers['ratelimit-limit']).toBe('1');
    await passed('address', of56(0, 9));
    expect((await ask('address', { address: '2001:db8:1:99::1' })).headers['ratelimit-limit']).toBe('4');
  });
});

describe('counters that replicas share', () => {
  /** A real client of a Redis that is not there. @returns also the keys that it was asked for. */
  function away() {
    const redis = new Redis('redis://127.0.0.1:1', {
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy: () => null,
    });
    redis.on('error', () => undefined);
    onTestFinished(() => redis.disconnect());
    const asked: string[] = [];
    const send = redis.sendCommand.bind(redis);
    vi.spyOn(redis, 'sendCommand').mockImplementation((command) => {
      asked.push(...command.args.map(String).filter((arg) => arg.startsWith('byok:')));
      return send(command);
    });
    return { redis, asked };
  }

  it('are replaced by those of this replica while Redis is away, each limit by its own', async () => {
    const { redis, asked } = away();
    await build({}, redis);
    const counts: Partial<Record<Hook, number>> = {};
    for (const hook of HOOKS) counts[hook] = await passed(hook, { user: 'ada', service: 'gateway' });
    expect(counts).toEqual({ address: 4, health: 4, logout: 5, user: 3, add: 2, test: 2, service: 5 });
    // Health is each replica's own.
    const keys = ['address:192.0.2.1', 'logout:192.0.2.1', 'user:ada', 'add:ada', 'test:ada', 'service:gateway'];
    expect(asked).toHaveLength(keys.length);
    for (const [index, key] of keys.entries())
      expect(asked[index]).toMatch(new RegExp(`^byok:limit:.*${RegExp.escape(key)}$`));
  });

  it('are asked again five seconds after they failed', async () => {
    let now = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { redis, asked } = away();
    await build({}, redis);
    await ask('user', { user: 'ada' });
    now += 4_999;
    await ask('user', { user: 'ada' });
    expect(asked).toHaveLength(1);
    now += 1;
    expect((await ask('user', { user: 'ada' })).headers['ratelimit-remaining']).toBe('0');
    expect(asked).toHaveLength(2);
  });
});
