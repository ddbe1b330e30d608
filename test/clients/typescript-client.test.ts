import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type ByokClientError,
  type ByokClientOptions,
  ByokUnavailableError,
  createByokClient,
} from '../../clients/typescript/src/index.ts';
import { freePort } from '../support/servers/server-process.ts';
import { notReleased, problem, released, type StubAnswer, startStubKeyService } from './stub-key-service.ts';

const TOKEN = 'byok_st_canary_token_0123456789';
const EMAIL = 'ann@example.com';
const stubs: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(stubs.splice(0).map((stub) => stub.stop()));
});

async function start(answer: (n: number) => StubAnswer | Promise<StubAnswer>, options: ByokClientOptions = {}) {
  let n = 0;
  const stub = await startStubKeyService(() => answer(++n));
  stubs.push(stub);
  const client = createByokClient({ url: stub.url, serviceToken: TOKEN, env: {}, ...options });
  return { stub, client };
}

const failure = (promise: Promise<unknown>): Promise<ByokClientError> =>
  promise.then(
    () => expect.fail('it should have been rejected'),
    (error) => error,
  );

describe('the TypeScript client: asking', () => {
  it('sends the token, the user and the provider, and answers the key', async () => {
    const { stub, client } = await start(() => released());
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(stub.seen).toMatchObject([
      { method: 'POST', path: '/api/v1/byok/internal/keys/resolve', headers: { authorization: `Bearer ${TOKEN}` } },
    ]);
    expect(JSON.parse(stub.seen[0]?.body ?? '')).toEqual({ user: { email: EMAIL }, provider: 'openai' });
  });

  it.each(['/', '/api/v1/byok', '/api/v1/byok/'])(
    'finds the internal calls where the address ends with %s',
    async (end) => {
      const { stub } = await start(() => released());
      const client = createByokClient({ url: `${stub.url}${end}`, serviceToken: TOKEN, env: {} });
      expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
      expect(stub.seen).toMatchObject([{ path: '/api/v1/byok/internal/keys/resolve' }]);
    },
  );

  it.each(['no_key', 'disabled', 'unbound', 'undecryptable', 'tier', 'user_not_found'])(
    'answers null for %s, asks again the next time, and takes the system key where one is named',
    async (reason) => {
      const { stub, client } = await start(() => notReleased(reason), { env: { OPENAI_API_KEY: 'sk-system' } });
      expect(await client.getUserApiKey(EMAIL, 'openai')).toBeNull();
      expect(await client.getUserCustomEndpoint(EMAIL, 'openai')).toBeNull();
      expect(stub.seen).toHaveLength(2);
      expect(await client.getOpenaiKeyForUser(EMAIL)).toBe('sk-system');
      expect(await failure(client.getAnthropicKeyForUser(EMAIL))).toMatchObject({
        name: 'ByokClientError',
        code: 'key_not_released',
        status: 404,
        requestId: 'req-1',
        reason,
        message: 'It says key_not_released. ANTHROPIC_API_KEY is not set either.',
      });
    },
  );

  it('lets nothing stand in for a disabled account, not even when the service is gone a moment later', async () => {
    const env = { OPENAI_API_KEY: 'sk-system' };
    const { stub, client } = await start((n) => (n === 1 ? released() : notReleased('user_disabled')), { env });
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe('sk-users-own-key');
    for (const call of [
      () => client.getUserApiKey(EMAIL, 'anthropic'),
      () => client.getAnthropicKeyForUser(EMAIL),
      () => client.getLlmConfigForUser(EMAIL),
      // Its cached key is gone too.
      () => client.getOpenaiKeyForUser(EMAIL),
    ])
      expect(await failure(call())).toMatchObject({ code: 'key_not_released', reason: 'user_disabled' });
    // The platform's own key, because nobody can say any more who that is.
    const system = { is_byok: false, source: 'system', version: null, max_age_seconds: 0 };
    stub.handler = () => released({ ...system, reason: 'directory_unavailable' });
    const refused = { code: 'key_not_released', reason: 'user_disabled' };
    expect(await failure(client.getLlmConfigForUser(EMAIL))).toMatchObject(refused);
    expect(await client.getLlmConfigForUser('ben@example.com')).toMatchObject({ isByok: false });
    stub.handler = () => ({ cut: true });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toBeInstanceOf(ByokUnavailableError);
    expect(await failure(client.getLlmConfigForUser(EMAIL))).toBeInstanceOf(ByokUnavailableError);
    expect(await client.getOpenaiKeyForUser('ben@example.com')).toBe('sk-system');
  });

  it('answers the whole configuration for a preferred provider, and asks for a system key only there', async () => {
    const { stub, client } = await start(() =>
      released({ provider: 'custom', endpoint: 'https://llm.example.com/v1' }),
    );
    expect(await client.getLlmConfigForUser(EMAIL, 'custom')).toEqual({
      apiKey: 'sk-users-own-key',
      provider: 'custom',
      endpoint: 'https://llm.example.com/v1',
      isByok: true,
    });
    expect(JSON.parse(stub.seen[0]?.body ?? '')).toMatchObject({ preferred: 'custom', system_fallback: true });
    expect(await client.getUserCustomEndpoint(EMAIL, 'custom')).toBe('https://llm.example.com/v1');
  });

  it('takes the first system key of the environment where the service has none, or cannot be reached', async () => {
    const env = { GROQ_API_KEY: 'gsk-system', TOGETHER_API_KEY: 'together-system', OPENAI_API_KEY: '' };
    const { stub, client } = await start(() => notReleased('no_key'), { env });
    const config = { apiKey: 'together-system', provider: 'together', endpoint: null, isByok: false };
    expect(await client.getLlmConfigForUser(EMAIL, 'groq')).toEqual(config);
    stub.handler = () => ({ cut: true });
    expect(await client.getLlmConfigForUser(EMAIL, 'groq')).toEqual(config);
  });

  it('does not take a system key for an answer that says that this service is set up wrongly', async () => {
    const env = { OPENAI_API_KEY: 'sk-system' };
    const { stub, client } = await start(() => problem(401, 'not_authenticated'), { env });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({ code: 'not_authenticated', status: 401 });
    stub.handler = () => problem(403, 'scope_required');
    expect(await failure(client.getLlmConfigForUser(EMAIL))).toMatchObject({ code: 'scope_required', status: 403 });
    stub.handler = () => problem(429, 'rate_limited', {}, { 'retry-after': '7' });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({ code: 'rate_limited', retryAfter: 7 });
    // Some other server stands there, or the service without its internal calls.
    stub.handler = () => ({ status: 404, text: '<html>' });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({ code: 'unexpected_answer', status: 404 });
    stub.handler = () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({ code: 'unexpected_answer', status: 302 });
    expect(stub.seen).toHaveLength(5);
  });

  it.each([
    [{ api_key: '' }],
    [{ api_key: undefined }],
    [{ endpoint: 5 }],
    [{ max_age_seconds: 'x' }],
    [{ is_byok: 1 }],
  ])('refuses a release that is not as agreed: %o', async (wrong) => {
    const { client } = await start(() => released(wrong));
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unexpected_answer' });
  });
});

describe('the TypeScript client: the cache', () => {
  it('asks once for all who want the same key at once, and for later callers until it is cleared', async () => {
    const { stub, client } = await start(() => released());
    await Promise.all(Array.from({ length: 20 }, () => client.getUserApiKey(EMAIL, 'openai')));
    await client.getUserApiKey('Ann@Example.com', 'openai');
    expect(stub.seen).toHaveLength(1);
    for (const clear of [[], [EMAIL], ['ANN@example.com', 'openai'], [undefined, 'openai']] as const) {
      const before = stub.seen.length;
      client.clearUserKeyCache(...clear);
      await client.getUserApiKey(EMAIL, 'openai');
      expect(stub.seen).toHaveLength(before + 1);
    }
    client.clearUserKeyCache('ben@example.com');
    client.clearUserKeyCache(EMAIL, 'groq');
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(5);
  });

  it('keeps users and providers apart', async () => {
    const { stub, client } = await start((n) => released({ api_key: `sk-number-${n}` }));
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-1');
    expect(await client.getUserApiKey(EMAIL, 'groq')).toBe('sk-number-2');
    expect(await client.getUserApiKey('ben@example.com', 'openai')).toBe('sk-number-3');
    expect((await client.getLlmConfigForUser(EMAIL, 'openai')).apiKey).toBe('sk-number-4');
    expect((await client.getLlmConfigForUser(EMAIL, 'groq')).apiKey).toBe('sk-number-5');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-1');
    expect(stub.seen).toHaveLength(5);
  });

  it('asks anew with useCache: false, and others get the newer key from then on', async () => {
    const { client } = await start((n) => released({ api_key: `sk-number-${n}` }));
    await client.getUserApiKey(EMAIL, 'openai');
    expect(await client.getUserApiKey(EMAIL, 'openai', { useCache: false })).toBe('sk-number-2');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
  });

  it('does not keep an answer that was begun before the cache was cleared', async () => {
    const held = Promise.withResolvers<void>();
    const { stub, client } = await start(async (n) => {
      if (n === 1) await held.promise;
      return released({ api_key: `sk-number-${n}` });
    });
    const early = client.getUserApiKey(EMAIL, 'openai');
    await vi.waitFor(() => expect(stub.seen).toHaveLength(1));
    client.clearUserKeyCache(EMAIL);
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
    held.resolve();
    expect(await early).toBe('sk-number-1');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
  });

  it.each([
    { maxAge: 40, limit: 40 },
    { maxAge: 86_400, limit: 300 },
  ])('keeps an answer of $maxAge s for $limit s from when it was asked for', async ({ maxAge, limit }) => {
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { stub, client } = await start(() => {
      // The answer takes ten seconds, which count.
      now += 10_000;
      return released({ max_age_seconds: maxAge });
    });
    await client.getUserApiKey(EMAIL, 'openai');
    now += (limit - 10) * 1_000 - 1;
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(1);
    now += 1;
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(2);
  });

  it('keeps no answer of age 0, and no more than it is told to, the least used going first', async () => {
    const { stub, client } = await start(() => released(), { maxCachedKeys: 2 });
    for (const provider of ['openai', 'groq', 'openai', 'cohere', 'openai'])
      await client.getUserApiKey(EMAIL, provider);
    expect(stub.seen).toHaveLength(3);
    await client.getUserApiKey(EMAIL, 'groq');
    expect(stub.seen).toHaveLength(4);
    stub.handler = () => released({ max_age_seconds: 0 });
    for (let i = 0; i < 2; i += 1) await client.getUserApiKey(EMAIL, 'together');
    expect(stub.seen).toHaveLength(6);
  });
});

describe('the TypeScript client: failures', () => {
  it('tries once more after a cut connection or a 503 that says soon', async () => {
    const { stub, client } = await start((n) => (n === 1 ? { cut: true } : released()));
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(stub.seen).toHaveLength(2);
    const answers = [problem(503, 'audit_unavailable', {}, { 'retry-after': '0' }), released()];
    stub.handler = () => answers.shift() ?? { status: 500 };
    expect(await client.getUserApiKey(EMAIL, 'groq')).toBe('sk-users-own-key');
    expect(stub.seen).toHaveLength(4);
  });

  it('tries twice and no more, and not at all after a 503 that asks for a long wait or a 500', async () => {
    const { stub, client } = await start(() => ({ cut: true }));
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unavailable' });
    expect(stub.seen).toHaveLength(2);
    stub.handler = () => problem(503, 'directory_unavailable', {}, { 'retry-after': '5' });
    const error = await failure(client.getUserApiKey(EMAIL, 'openai'));
    expect(error).toBeInstanceOf(ByokUnavailableError);
    expect(error).toMatchObject({ code: 'directory_unavailable', status: 503, retryAfter: 5, requestId: 'req-1' });
    expect(stub.seen).toHaveLength(3);
    stub.handler = () => problem(500, 'internal');
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'internal' });
    expect(stub.seen).toHaveLength(4);
  });

  it('gives up at its time limit, also where an answer stops half-way, and then takes the system key', async () => {
    const env = { OPENAI_API_KEY: 'sk-system' };
    const { stub, client } = await start(() => new Promise<never>(() => undefined), { timeoutMs: 150, env });
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe('sk-system');
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({
      code: 'unavailable',
      message: 'The key service did not answer in time.',
    });
    stub.handler = () => ({ text: '{"api_key": "sk-', headers: { 'content-length': '1000' } });
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unavailable' });
  });

  it('says why nobody answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const client = createByokClient({ url, serviceToken: TOKEN, env: {} });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({
      message: 'The key service cannot be reached (ECONNREFUSED). OPENAI_API_KEY is not set either.',
    });
  });

  it('shows neither key nor token, whatever is printed', async () => {
    const { stub, client } = await start(() => released({ api_key: 'sk-canary-key-987654321' }));
    await client.getUserApiKey(EMAIL, 'openai');
    const shown = [client];
    stub.handler = () => released({ api_key: 'sk-canary-key-987654321', provider: 7 });
    shown.push((await failure(client.getUserApiKey(EMAIL, 'groq'))) as never);
    stub.handler = () => ({ cut: true });
    shown.push((await failure(client.getUserApiKey(EMAIL, 'cohere'))) as never);
    expect.assertions(5);
    try {
      createByokClient({ url: stub.url, serviceToken: `${TOKEN}\r\nx`, env: {} });
    } catch (error) {
      shown.push(error as never);
      expect((error as Error).message).toContain('BYOK_SERVICE_TOKEN has characters no token has');
    }
    for (const value of shown)
      expect(`${inspect(value, { depth: 9, showHidden: true })}${JSON.stringify(value)}`).not.toMatch(/canary/);
  });

  it('names everything that is missing from its configuration', () => {
    const make = (options: ByokClientOptions) => () => createByokClient(options);
    expect(make({ env: {} })).toThrow(
      "The key service's client is not configured: BYOK_INTERNAL_URL is missing; BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET.",
    );
    expect(make({ env: { BYOK_INTERNAL_URL: 'http://a:canary@b', BYOK_SERVICE_TOKEN: 't' } })).toThrow(
      /: BYOK_INTERNAL_URL must not carry a password\.$/,
    );
    expect(make({ url: 'ftp://a', serviceToken: 't', env: {} })).toThrow(/is not an http or https address/);
    expect(make({ url: 'https://a', serviceToken: 't', env: {}, timeoutMs: 0 })).toThrow(/timeoutMs is not a positive/);
  });

  const PLAIN = 'http://unicorn-ops-center:8085';
  const make =
    (options: ByokClientOptions, env = {}) =>
    () =>
      createByokClient({ serviceToken: 't', env, ...options });

  it.each([PLAIN, 'http://10.0.0.7', 'http://localhost.example.com', 'http://127.0.0.1.example.com', 'HTTP://a'])(
    'refuses %s: keys would travel in plain text',
    (url) => {
      expect(make({ url })).toThrow(
        "The key service's client is not configured: BYOK_INTERNAL_URL is http:// to another machine, where keys and tokens would travel in plain text: use https://, or set BYOK_ALLOW_INSECURE_HTTP=true (allowInsecureHttp) on a network that nobody else is on.",
      );
    },
  );

  it('refuses the same for Keycloak’s address', () => {
    const keycloak = { serviceToken: '', clientId: 'svc', clientSecret: 's', tokenUrl: 'http://keycloak:8080/token' };
    expect(make({ url: 'https://a', ...keycloak })).toThrow(/: BYOK_TOKEN_URL is http:\/\/ to another machine/);
    expect(make({ url: 'https://a', ...keycloak, allowInsecureHttp: true })).not.toThrow();
  });

  it.each([
    'https://a',
    'http://localhost:8085',
    'http://LOCALHOST',
    'http://127.0.0.1',
    'http://127.1',
    'http://[::1]:1',
  ])('takes %s', (url) => {
    expect(make({ url })).not.toThrow();
  });

  it('takes http:// to another machine where somebody has said so', () => {
    expect(make({ url: PLAIN, allowInsecureHttp: true })).not.toThrow();
    expect(make({ url: PLAIN }, { BYOK_ALLOW_INSECURE_HTTP: 'true' })).not.toThrow();
    expect(make({ url: PLAIN }, { BYOK_ALLOW_INSECURE_HTTP: 'false' })).toThrow(/plain text/);
    expect(make({ url: PLAIN, allowInsecureHttp: false }, { BYOK_ALLOW_INSECURE_HTTP: 'true' })).toThrow(/plain text/);
  });
});

describe('the TypeScript client: tokens of Keycloak', () => {
  const credentials = { serviceToken: '', clientId: 'svc', clientSecret: 'canary:secret/+&' };

  async function startBoth(life: number, answer: (path: string, n: number) => StubAnswer = () => released()) {
    let tokens = 0;
    const stub = await startStubKeyService(({ path }) =>
      path === '/token'
        ? { json: { access_token: `token-${++tokens}`, expires_in: life, token_type: 'Bearer' } }
        : answer(path, tokens),
    );
    stubs.push(stub);
    const client = createByokClient({ url: stub.url, tokenUrl: `${stub.url}/token`, ...credentials, env: {} });
    const bearers = () => stub.seen.filter(({ path }) => path !== '/token').map(({ headers }) => headers.authorization);
    const signIns = () => stub.seen.filter(({ path }) => path === '/token');
    return { stub, client, bearers, signIns };
  }

  it('signs in once for many calls at once', async () => {
    const { client, bearers, signIns } = await startBoth(300);
    await Promise.all(['openai', 'groq', 'cohere'].map((provider) => client.getUserApiKey(EMAIL, provider)));
    expect(bearers()).toEqual(Array(3).fill('Bearer token-1'));
    expect(Object.fromEntries(new URLSearchParams(signIns()[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'svc',
      client_secret: 'canary:secret/+&',
    });
    expect(signIns()).toHaveLength(1);
  });

  it('renews in the background before the token expires, and goes on with the old one while Keycloak is away', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { stub, client, bearers, signIns } = await startBoth(300);
    const { handler } = stub;
    await client.getTierInfo(EMAIL).catch(() => undefined);
    now = 269_000;
    await client.getTierInfo(EMAIL).catch(() => undefined);
    expect(signIns()).toHaveLength(1);
    now = 271_000;
    stub.handler = (request) => (request.path === '/token' ? { status: 503 } : handler(request));
    await client.getTierInfo(EMAIL).catch(() => undefined);
    await vi.waitFor(() => expect(signIns()).toHaveLength(2));
    stub.handler = handler;
    await vi.waitFor(async () => {
      await client.getTierInfo(EMAIL).catch(() => undefined);
      expect(bearers().at(-1)).toBe('Bearer token-2');
    });
    expect(new Set(bearers().slice(0, 3))).toEqual(new Set(['Bearer token-1']));
    now = 600_000;
    await client.getTierInfo(EMAIL).catch(() => undefined);
    expect(bearers().at(-1)).toBe('Bearer token-3');
  });

  it('signs in once more after a 401, and only once', async () => {
    const { stub, client, bearers } = await startBoth(300, (_, n) =>
      n === 1 ? problem(401, 'not_authenticated') : released(),
    );
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(bearers()).toEqual(['Bearer token-1', 'Bearer token-2']);
    const { handler } = stub;
    stub.handler = (request) => (request.path === '/token' ? handler(request) : problem(401, 'not_authenticated'));
    expect(await failure(client.getUserApiKey(EMAIL, 'groq'))).toMatchObject({ code: 'not_authenticated' });
    expect(bearers()).toHaveLength(4);
  });

  it('tells a refused sign-in from a Keycloak that is away, without the secret', async () => {
    const { stub, client } = await startBoth(300);
    stub.handler = () => ({ status: 401, json: { error: 'unauthorized_client', error_description: 'canary:secret' } });
    const refused = await failure(client.getUserApiKey(EMAIL, 'openai'));
    expect(refused).toMatchObject({ code: 'sign_in_refused', status: 401 });
    expect(refused).not.toBeInstanceOf(ByokUnavailableError);
    stub.handler = () => ({ status: 503 });
    const away = await failure(client.getUserApiKey(EMAIL, 'openai'));
    expect(away).toBeInstanceOf(ByokUnavailableError);
    expect(inspect([client, refused, away], { depth: 9 })).not.toContain('canary');
  });
});

describe('the TypeScript client: tiers and usage', () => {
  const tier = {
    email: EMAIL,
    tier: 'professional',
    status: 'active',
    effective_tier: 'professional',
    api_calls_used: 7,
    api_calls_limit: 100,
    api_calls_reset_date: '2026-11-22',
  };

  it('reads and sets the tier', async () => {
    const { stub, client } = await start(() => ({ json: tier }));
    const expected = {
      email: EMAIL,
      tier: 'professional',
      status: 'active',
      effectiveTier: 'professional',
      apiCallsUsed: 7,
      apiCallsLimit: 100,
      apiCallsResetDate: '2026-11-22',
    };
    expect(await client.getTierInfo('a/b@example.com')).toEqual(expected);
    expect(await client.setTier(EMAIL, 'professional', 'active')).toEqual(expected);
    expect(stub.seen).toMatchObject([
      { method: 'GET', path: '/api/v1/byok/internal/users/a%2Fb%40example.com/tier' },
      { method: 'PUT', body: '{"tier":"professional","status":"active"}' },
    ]);
  });

  it('counts and resets, and never counts twice by itself', async () => {
    const { stub, client } = await start(() => ({
      json: { api_calls_used: 3, api_calls_limit: null, remaining: null, api_calls_reset_date: '2026-11-22' },
    }));
    const count = { apiCallsUsed: 3, apiCallsLimit: null, remaining: null, apiCallsResetDate: '2026-11-22' };
    expect(await client.incrementUsage(EMAIL, 2)).toEqual(count);
    expect(await client.resetUsage(EMAIL)).toEqual(count);
    expect(stub.seen).toMatchObject([
      { path: '/api/v1/byok/internal/users/ann%40example.com/usage/increment', body: '{"amount":2}' },
      { path: '/api/v1/byok/internal/users/ann%40example.com/usage/reset' },
    ]);
    stub.handler = () => ({ cut: true });
    for (const call of [client.incrementUsage(EMAIL), client.setTier(EMAIL, 'starter')])
      expect(await failure(call)).toBeInstanceOf(ByokUnavailableError);
    expect(stub.seen).toHaveLength(4);
  });

  it('repeats a record of usage under the same key, so that it counts once', async () => {
    const { stub, client } = await start((n) => (n === 1 ? { cut: true } : { json: {} }));
    await client.recordApiUsage(EMAIL, 'openai', 1200, '0.0125');
    const [first, second] = stub.seen;
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(second?.body).toBe(first?.body);
    const { events } = JSON.parse(first?.body ?? '');
    expect(events).toMatchObject([
      { user: { email: EMAIL }, provider: 'openai', tokens_used: 1200, cost_usd: '0.0125' },
    ]);
  });

  it('says when a record of usage was rejected', async () => {
    const { client } = await start(() => ({ json: { results: [{ status: 'rejected', reason: 'user_not_found' }] } }));
    expect(await failure(client.recordApiUsage(EMAIL, 'openai', 1))).toMatchObject({
      code: 'usage_rejected',
      reason: 'user_not_found',
    });
  });
});
