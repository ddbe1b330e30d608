import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByokUnavailableError, createByokClient } from '../../clients/typescript/src/index.ts';
import { EMAIL, failure, startStub } from './start-client.ts';
import { problem, released, type StubAnswer } from './stub-key-service.ts';

afterEach(() => void vi.restoreAllMocks());

describe('the TypeScript client: tokens of Keycloak', () => {
  const credentials = { serviceToken: '', clientId: 'svc', clientSecret: 'canary:secret/+&' };

  async function startBoth(life: number, answer: (path: string, n: number) => StubAnswer = () => released()) {
    let tokens = 0;
    const stub = await startStub(({ path }) =>
      path === '/token'
        ? { json: { access_token: `token-${++tokens}`, expires_in: life, token_type: 'Bearer' } }
        : answer(path, tokens),
    );
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

  // What is no number of seconds counts as a minute.
  it.each<[unknown, number, number]>([
    [300, 270, 299],
    [100, 70, 99],
    [40, 20, 39],
    [6, 3, 5],
    [undefined, 30, 59],
    ['300', 30, 59],
    [0, 30, 59],
    [-5, 30, 59],
  ])('renews a token of %s s after %i s, and uses it for %i s', async (life, renew, end) => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { stub, client, bearers, signIns } = await startBoth(life as number, () => ({ json: { api_calls_used: 0 } }));
    const { handler } = stub;
    await client.resetUsage(EMAIL);
    now = renew * 1_000 - 1;
    await client.resetUsage(EMAIL);
    expect(signIns()).toHaveLength(1);
    stub.handler = (request) => (request.path === '/token' ? { status: 503 } : handler(request));
    now = renew * 1_000;
    await client.resetUsage(EMAIL);
    await vi.waitFor(() => expect(signIns()).toHaveLength(2));
    now = end * 1_000 - 1;
    await client.resetUsage(EMAIL);
    expect(new Set(bearers())).toEqual(new Set(['Bearer token-1']));
    const asked = bearers().length;
    now = end * 1_000;
    expect(await failure(client.resetUsage(EMAIL))).toBeInstanceOf(ByokUnavailableError);
    expect(bearers()).toHaveLength(asked);
  });

  const REFUSED = (status: number): string =>
    `Keycloak did not sign this service in (status ${status}): check BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET.`;

  it.each<[StubAnswer, string, string]>([
    [{ status: 429 }, 'unavailable', 'Keycloak answered 429 to the sign-in of this service.'],
    [{ status: 500 }, 'unavailable', 'Keycloak answered 500 to the sign-in of this service.'],
    [{ status: 499 }, 'sign_in_refused', REFUSED(499)],
    [{ status: 201, json: { access_token: 't' } }, 'sign_in_refused', REFUSED(201)],
    [{ json: { access_token: '' } }, 'sign_in_refused', REFUSED(200)],
    [{ json: { access_token: 'a b' } }, 'sign_in_refused', REFUSED(200)],
    [{ json: { access_token: ' a' } }, 'sign_in_refused', REFUSED(200)],
    [{ json: { access_token: 7 } }, 'sign_in_refused', REFUSED(200)],
    [{ text: '<html>' }, 'sign_in_refused', REFUSED(200)],
  ])('says what Keycloak answered: %o', async (answer, code, message) => {
    const { stub, client, bearers, signIns } = await startBoth(300);
    stub.handler = () => answer;
    const error = await failure(client.resetUsage(EMAIL));
    expect(error).toMatchObject({ code, message, status: answer.status ?? 200 });
    expect(error instanceof ByokUnavailableError).toBe(code === 'unavailable');
    expect(bearers()).toEqual([]);
    expect(signIns()[0]?.headers.accept).toBe('application/json');
  });

  it('does not lose the new token to a late refusal of the old one', async () => {
    const held = Promise.withResolvers<void>();
    const { stub, client, bearers, signIns } = await startBoth(300);
    const { handler } = stub;
    stub.handler = async (request) => {
      if (request.headers.authorization !== 'Bearer token-1') return handler(request);
      if (request.body.includes('groq')) await held.promise;
      return problem(401, 'not_authenticated');
    };
    const late = client.getUserApiKey(EMAIL, 'groq');
    await vi.waitFor(() => expect(bearers()).toHaveLength(1));
    await client.getUserApiKey(EMAIL, 'openai');
    held.resolve();
    expect(await late).toBe('sk-users-own-key');
    await client.getUserApiKey(EMAIL, 'cohere');
    expect(signIns()).toHaveLength(2);
    expect(bearers().at(-1)).toBe('Bearer token-2');
  });

  it('asks again after a sign-in that failed', async () => {
    const { stub, client } = await startBoth(300);
    const { handler } = stub;
    stub.handler = () => ({ status: 401 });
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'sign_in_refused' });
    stub.handler = handler;
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
  });
});
