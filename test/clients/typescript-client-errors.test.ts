// What of an answer is believed, what an error says, and how long the client waits before it asks again.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByokClientError, ByokUnavailableError, createByokClient } from '../../clients/typescript/src/index.ts';
import { EMAIL, failure, startClient, startStub, TOKEN } from './start-client.ts';
import { problem, released, type StubAnswer } from './stub-key-service.ts';

afterEach(() => void vi.restoreAllMocks());

const unexpected = (status: number): string =>
  `The key service answered ${status} and not as it should: check BYOK_INTERNAL_URL.`;

describe('the TypeScript client: errors of the service', () => {
  it.each<[StubAnswer, string, string]>([
    [problem(403, 'scope_required'), 'scope_required', 'It says scope_required.'],
    [problem(403, 'a'.repeat(60), { detail: 'd'.repeat(501) }), 'a'.repeat(60), 'd'.repeat(500)],
    [problem(403, 'a'.repeat(61)), 'unexpected_answer', unexpected(403)],
    [problem(403, 'Scope'), 'unexpected_answer', unexpected(403)],
    [problem(403, 'scope required'), 'unexpected_answer', unexpected(403)],
    [problem(403, 'scope_required', { detail: null }), 'scope_required', unexpected(403)],
    [{ status: 403, json: { code: 7, detail: 'of another server' } }, 'unexpected_answer', unexpected(403)],
    [{ status: 300 }, 'unexpected_answer', unexpected(300)],
    [{ status: 499 }, 'unexpected_answer', unexpected(499)],
    [{ status: 500 }, 'unavailable', unexpected(500)],
    [problem(500, 'internal'), 'internal', 'It says internal.'],
  ])('%o is %s', async (answer, code, message) => {
    const { client } = await startClient(() => answer);
    const error = await failure(client.resetUsage(EMAIL));
    expect(error).toMatchObject({ code, message, status: answer.status });
    const isOutage = (answer.status ?? 200) >= 500;
    expect(error).toBeInstanceOf(isOutage ? ByokUnavailableError : ByokClientError);
    expect(error.name).toBe(isOutage ? 'ByokUnavailableError' : 'ByokClientError');
  });

  it.each([
    ['req-7', 'req-7'],
    ['r'.repeat(101), 'r'.repeat(100)],
    [7, undefined],
  ])('the request %s is named', async (given, requestId) => {
    const { client } = await startClient(() => problem(403, 'scope_required', { request_id: given }));
    expect(await failure(client.resetUsage(EMAIL))).toMatchObject({ requestId });
  });

  it.each([
    ['no_key', 'no_key'],
    ['No key', undefined],
    ['a'.repeat(61), undefined],
    [7, undefined],
  ])('the reason %s is a word', async (given, reason) => {
    const { client } = await startClient(() => problem(404, 'key_not_released', { reason: given }));
    expect(await failure(client.resetUsage(EMAIL))).toMatchObject({ reason });
  });

  it.each([
    ['0', 0],
    ['7', 7],
    ['999999999', 999_999_999],
    ['1000000000', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['7s', undefined],
    ['s7', undefined],
  ])('Retry-After: %s', async (given, retryAfter) => {
    const { client } = await startClient(() => problem(429, 'rate_limited', {}, { 'retry-after': given }));
    expect(await failure(client.resetUsage(EMAIL))).toMatchObject({ retryAfter });
  });

  it.each([200, 201, 299])('%i is success', async (status) => {
    const { client } = await startClient(() => ({ status, json: { api_calls_used: 0 } }));
    expect(await client.resetUsage(EMAIL)).toMatchObject({ apiCallsUsed: 0 });
  });

  it.each(['null', '[]', '[1]', '"text"', '7', '', '{'])('a body of %s says nothing', async (text) => {
    const { client } = await startClient(() => ({ text }));
    const shape = { code: 'unexpected_answer', status: 200 };
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({
      ...shape,
      message: 'The key service released a key in a form that this client does not know.',
    });
    expect(await failure(client.resetUsage(EMAIL))).toMatchObject({
      ...shape,
      message: 'The key service answered in a form that this client does not know.',
    });
  });

  it.each([{ api_calls_used: '3' }, { email: 7 }, { tier: null }, { effective_tier: undefined }])(
    'a tier with %o is not as agreed',
    async (wrong) => {
      const tier = { email: EMAIL, tier: 'starter', effective_tier: 'starter', api_calls_used: 0 };
      const { stub, client } = await startClient(() => ({ json: tier }));
      expect(await client.getTierInfo(EMAIL)).toEqual({
        email: EMAIL,
        tier: 'starter',
        status: null,
        effectiveTier: 'starter',
        apiCallsUsed: 0,
        apiCallsLimit: null,
        apiCallsResetDate: null,
      });
      stub.handler = () => ({ json: { ...tier, ...wrong } });
      expect(await failure(client.getTierInfo(EMAIL))).toMatchObject({ code: 'unexpected_answer' });
    },
  );

  it.each([
    { results: [{ status: 'accepted' }] },
    { results: [{ status: 'duplicate' }, { status: 'rejected' }] },
    { results: [] },
    { results: [null] },
    { results: 'rejected' },
    { results: { 0: { status: 'rejected' } } },
    {},
  ])('usage was recorded where the answer is %o', async (json) => {
    const { client } = await startClient(() => ({ json }));
    await expect(client.recordApiUsage(EMAIL, 'openai', 1)).resolves.toBeUndefined();
  });

  it('usage that was rejected without a reason says so', async () => {
    const { client } = await startClient(() => ({ json: { results: [{ status: 'rejected', reason: 7 }] } }));
    expect(await failure(client.recordApiUsage(EMAIL, 'openai', 1))).toMatchObject({
      message: 'The key service did not record this usage.',
      code: 'usage_rejected',
      status: 200,
      reason: undefined,
    });
  });
});

describe('the TypeScript client: asking again', () => {
  /** Pauses of the client's own length take none, and are written down. */
  function watchPauses(): number[] {
    const pauses: number[] = [];
    const real = globalThis.setTimeout;
    const quick = (run: () => void, ms = 0) => {
      const isPause = (ms >= 100 && ms <= 200) || ms === 1_000 || ms === 0;
      if (isPause) pauses.push(ms);
      return real(run, isPause ? 0 : ms);
    };
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(quick as typeof setTimeout);
    return pauses;
  }

  it.each<[string, StubAnswer, number]>([
    ['502', problem(502, 'unavailable'), 2],
    ['503', problem(503, 'not_ready'), 2],
    ['504', problem(504, 'unavailable'), 2],
    ['500', problem(500, 'internal'), 1],
    ['501', problem(501, 'internal'), 1],
    ['505', problem(505, 'internal'), 1],
    ['429', problem(429, 'rate_limited', {}, { 'retry-after': '0' }), 1],
    ['503 in a second', problem(503, 'not_ready', {}, { 'retry-after': '1' }), 2],
    ['503 in two seconds', problem(503, 'not_ready', {}, { 'retry-after': '2' }), 1],
  ])('after %s', async (_, answer, tries) => {
    const { stub, client } = await startClient(() => answer);
    const pauses = watchPauses();
    await failure(client.getUserApiKey(EMAIL, 'openai'));
    expect(stub.seen).toHaveLength(tries);
    const own = pauses.filter((ms) => ms !== 0);
    if (tries === 2 && answer.headers?.['retry-after'] === '1') expect(own).toContain(1_000);
    else if (tries === 2) expect(own.some((ms) => ms >= 100 && ms <= 200)).toBe(true);
  });

  it('a call that changes something is never repeated, one that reads is', async () => {
    const { stub, client } = await startClient(() => ({ cut: true }));
    for (const call of [client.resetUsage(EMAIL), client.incrementUsage(EMAIL), client.setTier(EMAIL, 'starter')])
      expect(await failure(call)).toBeInstanceOf(ByokUnavailableError);
    expect(stub.seen).toHaveLength(3);
    expect(await failure(client.getTierInfo(EMAIL))).toBeInstanceOf(ByokUnavailableError);
    expect(stub.seen).toHaveLength(5);
  });

  it('a fixed token that was refused is not tried again, nor kept from the next call', async () => {
    const { stub, client } = await startClient((n) => (n === 1 ? problem(401, 'not_authenticated') : released()));
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ status: 401 });
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(stub.seen).toHaveLength(2);
  });

  it('sends JSON where there is something to send, and asks for it', async () => {
    const { stub, client } = await startClient(() => ({ json: {} }));
    await failure(client.getTierInfo(EMAIL));
    await failure(client.resetUsage(EMAIL));
    await client.recordApiUsage(EMAIL, 'openai', 1);
    expect(stub.seen.map(({ headers }) => [headers.accept, headers['content-type'], headers.authorization])).toEqual([
      ['application/json', undefined, `Bearer ${TOKEN}`],
      ['application/json', 'application/json', `Bearer ${TOKEN}`],
      ['application/json', 'application/json', `Bearer ${TOKEN}`],
    ]);
  });

  it('says what kept it from Keycloak', async () => {
    const stub = await startStub(() => new Promise<never>(() => undefined));
    const keycloak = { serviceToken: '', tokenUrl: `${stub.url}/token`, clientId: 'svc', clientSecret: 's', env: {} };
    const client = createByokClient({ url: stub.url, ...keycloak, timeoutMs: 100 });
    expect(await failure(client.resetUsage(EMAIL))).toMatchObject({
      message: 'Keycloak did not answer in time.',
      code: 'unavailable',
      status: undefined,
    });
    const closed = createByokClient({ url: stub.url, ...keycloak, tokenUrl: 'http://127.0.0.1:1/token' });
    expect(await failure(closed.resetUsage(EMAIL))).toMatchObject({
      message: expect.stringMatching(/^Keycloak cannot be reached( \(ECONNREFUSED\))?\.$/),
    });
    expect(stub.seen.map(({ path }) => path)).toEqual(['/token']);
  });
});
