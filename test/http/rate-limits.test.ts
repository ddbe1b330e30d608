import { afterEach, describe, expect, it } from 'vitest';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type Env, type RunningService, startService } from '../support/service/running-service.ts';

const NOBODY_THERE = 'http://127.0.0.1:1';
/** Over a Keycloak that is not there: enough for what is public, and proxies can be trusted. */
const BEHIND_A_PROXY = {
  KEYCLOAK_URL: NOBODY_THERE,
  KEYCLOAK_CLIENT_SECRET: 'secret',
  ENCRYPTION_KEY: `${'k'.repeat(43)}=`,
  TRUSTED_PROXIES: '127.0.0.1',
};

describe('rate limits in memory', () => {
  let service: RunningService;
  afterEach(() => service?.stop());
  const start = async (env: Env): Promise<RunningService> => {
    service = await startService(env);
    return service;
  };
  const limitOf = ({ headers }: Reply): string =>
    `${headers['ratelimit-remaining']} of ${headers['ratelimit-limit']}, ${Number(headers['ratelimit-reset']) <= 60}`;

  it('say in each answer what is left, and 429 with Retry-After when nothing is; other people are not affected', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '3' });
    const [starter, other] = [await demoClient(service), await demoClient(service, 'professional')];
    const left: string[] = [];
    for (let n = 0; n < 3; n++) left.push(limitOf(await starter.get(`${API}/keys`)));
    expect(left).toEqual(['2 of 3, true', '1 of 3, true', '0 of 3, true']);
    for (const path of [`${API}/keys`, `${API}/stats`, '/auth/me']) {
      const refused = await starter.get(path);
      expectProblem(refused, 429, 'rate_limited');
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(refused.detail).toBe(`Too many requests. Try again in ${refused.headers['retry-after']} s.`);
      expect(limitOf(refused)).toBe('0 of 3, true');
    }
    expect((await (await demoClient(service)).get(`${API}/keys`)).status).toBe(429);
    expect((await other.get(`${API}/keys`)).status).toBe(200);
  });

  it('are tighter on adds and, apart from them, on tests; nothing is stored beyond them', async () => {
    await start({ RATE_LIMIT_WRITE_PER_MINUTE: '2', BYOK_OPENAI_API_URL: NOBODY_THERE });
    const client = await demoClient(service);
    const add = (provider: string) => client.post(`${API}/keys/add`, { provider, key: 'sk-0123456789abcdef' });
    expect((await add('openai')).status).toBe(200);
    expect((await client.patch(`${API}/keys/openai`, { label: 'x' })).status).toBe(200);
    expectProblem(await add('groq'), 429, 'rate_limited');
    expectProblem(await client.patch(`${API}/keys/openai`, { label: 'y' }), 429, 'rate_limited');
    expect((await client.post(`${API}/keys/test/openai`)).status).toBe(200);
    expect((await client.post(`${API}/keys/test/openai`)).status).toBe(200);
    expectProblem(await client.post(`${API}/keys/test/openai`), 429, 'rate_limited');
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'openai', label: 'x' }]);
    expect((await client.delete(`${API}/keys/openai`)).status).toBe(200);
  });

  it('count an address before anybody is known, so that guessing sessions ends', async () => {
    await start({ RATE_LIMIT_ADDRESS_PER_MINUTE: '5' });
    const guesser = service.client();
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) {
      guesser.cookies.set('session_token', `guess-${n}`);
      statuses.push((await guesser.get(`${API}/keys`)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    for (const path of ['/auth/login', '/openapi.json', '/', '/docs'])
      expect((await guesser.get(path)).status).toBe(429);
    expect((await guesser.get('/healthz')).status).toBe(200);
  });

  const exhaust = async (client: ApiClient, headersOf: (n: number) => Record<string, string>): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push((await client.get('/openapi.json', { headers: headersOf(n) })).status);
    return statuses;
  };
  const ONE_BUCKET = [200, 200, 200, 429, 429, 429];

  it('see one client behind every X-Forwarded-For that it makes up', async () => {
    await start({ RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    const spoofed = (n: number) => ({
      'x-forwarded-for': `203.0.113.${n}`,
      'x-real-ip': `203.0.113.${n}`,
      forwarded: `for=203.0.113.${n}`,
    });
    expect(await exhaust(service.client(), spoofed)).toEqual(ONE_BUCKET);
  });

  it('behind a trusted proxy tell its clients apart, by what the proxy has seen and not by what they say', async () => {
    await start({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    const client = service.client();
    expect(await exhaust(client, (n) => ({ 'x-forwarded-for': `198.51.100.${n}` }))).toEqual(Array(6).fill(200));
    const liar = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n}, 192.0.2.1` });
    expect(await exhaust(client, liar)).toEqual(ONE_BUCKET);
  });

  it.each<[string, (n: number) => string]>([
    ['IPv4 with a port', (n) => `203.0.113.3:${4000 + n}`],
    ['IPv6 with a port', (n) => `[2001:db8::1]:${4000 + n}`],
    ['what is no address', (n) => `nobody-${n}`],
    ['a trusted proxy with a port in between', (n) => `203.0.113.${n}, 203.0.113.3, 127.0.0.1:${4000 + n}`],
  ])('tell nobody apart by what some proxies write behind an address: %s', async (_, chain) => {
    await start({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    expect(await exhaust(service.client(), (n) => ({ 'x-forwarded-for': chain(n) }))).toEqual(ONE_BUCKET);
    expect(service.logs.join()).not.toMatch(/"address":"[^"]*(?:\]|:4|nobody)/);
  });

  it('count a whole IPv6 /64 as one client, in every spelling', async () => {
    await start({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    const spellings = [
      '2001:db8::1',
      '2001:DB8:0:0::2',
      '2001:db8::ffff:1',
      '2001:0db8::3',
      '2001:db8:0:0:1::',
      '2001:db8::9',
    ];
    const client = service.client();
    expect(await exhaust(client, (n) => ({ 'x-forwarded-for': spellings[n] ?? '' }))).toEqual(ONE_BUCKET);
    expect((await client.get('/openapi.json', { headers: { 'x-forwarded-for': '2001:db8:0:1::1' } })).status).toBe(200);
  });

  it('count only refused back-channel calls, all of which come from the identity provider’s one address', async () => {
    await start({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    const client = service.client();
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await client.post('/auth/backchannel-logout')).status);
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
  });

  it('trust no other address as a proxy', async () => {
    await start({ ...BEHIND_A_PROXY, TRUSTED_PROXIES: '10.0.0.0/8', RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    expect(await exhaust(service.client(), (n) => ({ 'x-forwarded-for': `198.51.100.${n}` }))).toEqual(ONE_BUCKET);
  });
});

describe('limits of IPv6 networks, health probes and logout tokens', () => {
  let service: RunningService;
  afterEach(() => service?.stop());
  const from = async (address: string, path = '/auth/me') =>
    (await service.client({ 'x-forwarded-for': address }).get(path)).status;
  const hex = (n: number): string => n.toString(16);

  it('grow with the network: 256 of its /64s do not give a /56 256 times as much, nor 256 of those a /48', async () => {
    service = await startService({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '2' });
    const passed = async (addresses: readonly string[]) => {
      let count = 0;
      for (const address of addresses) if ((await from(address)) !== 429) count += 1;
      return count;
    };
    const of56 = (n: number, many: number) =>
      Array.from({ length: many }, (_, i) => `2001:db8:1:${hex(n * 256 + i)}::1`);
    expect(await passed(of56(0, 40))).toBe(8);
    expect(await passed(of56(1, 12))).toBe(8);
    expect(await passed([2, 3, 4].flatMap((n) => of56(n, 9)))).toBe(16);
    expect(await passed(['2001:db8:1:ffff::1', '2001:db8:2::1', '198.51.100.7'])).toBe(2);
  });

  it('are not used up for its neighbours by what one network was refused', async () => {
    service = await startService({ ...BEHIND_A_PROXY, RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    for (let count = 0; count < 60; count += 1) await from('2001:db8:1:100::1');
    for (const neighbour of ['2001:db8:1:101::1', '2001:db8:1:2::1']) expect(await from(neighbour)).toBe(401);
  });

  it('hold for /healthz, /readyz and logout tokens, each apart from the rest', async () => {
    service = await startService({
      ...BEHIND_A_PROXY,
      RATE_LIMIT_ADDRESS_PER_MINUTE: '4',
      RATE_LIMIT_INTERNAL_PER_MINUTE: '6',
    });
    const statuses = async (path: string, times: number) => {
      const all: number[] = [];
      for (let count = 0; count < times; count += 1) all.push(await from('198.51.100.9', path));
      return all;
    };
    expect(await statuses('/healthz', 2)).toEqual([200, 200]);
    expect(await statuses('/readyz', 4)).toEqual([503, 503, 429, 429]);
    expect(await statuses('/auth/me', 5)).toEqual([401, 401, 401, 401, 429]);
    expect(await from('198.51.100.10', '/healthz')).toBe(200);
    const client = service.client({ 'x-forwarded-for': '198.51.100.11' });
    const ends: number[] = [];
    for (let count = 0; count < 8; count += 1)
      ends.push(
        (
          await client.send('POST', '/auth/backchannel-logout', {
            body: 'x=1',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          })
        ).status,
      );
    expect(ends).toEqual([400, 400, 400, 400, 429, 429, 429, 429]);
  });
});
