import { describe, expect, it } from 'vitest';
import { ByokUnavailableError, createByokClient } from '../../clients/typescript/src/index.ts';
import { EMAIL, failure, startClient, TOKEN } from './start-client.ts';
import { notReleased, problem, released } from './stub-key-service.ts';

describe('the TypeScript client: asking', () => {
  it('sends the token, the user and the provider, and answers the key', async () => {
    const { stub, client } = await startClient(() => released());
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(stub.seen).toMatchObject([
      { method: 'POST', path: '/api/v1/byok/internal/keys/resolve', headers: { authorization: `Bearer ${TOKEN}` } },
    ]);
    expect(JSON.parse(stub.seen[0]?.body ?? '')).toEqual({ user: { email: EMAIL }, provider: 'openai' });
  });

  it.each(['/', '/api/v1/byok', '/api/v1/byok/'])(
    'finds the internal calls where the address ends with %s',
    async (end) => {
      const { stub } = await startClient(() => released());
      const client = createByokClient({ url: `${stub.url}${end}`, serviceToken: TOKEN, env: {} });
      expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
      expect(stub.seen).toMatchObject([{ path: '/api/v1/byok/internal/keys/resolve' }]);
    },
  );

  it.each(['no_key', 'disabled', 'unbound', 'undecryptable', 'tier'])(
    'answers null for %s, asks again the next time, and takes the system key where one is named',
    async (reason) => {
      const { stub, client } = await startClient(() => notReleased(reason), { env: { OPENAI_API_KEY: 'sk-system' } });
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
    const { stub, client } = await startClient((n) => (n === 1 ? released() : notReleased('user_disabled')), { env });
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
    const { stub, client } = await startClient(() =>
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
    const { stub, client } = await startClient(() => notReleased('no_key'), { env });
    const config = { apiKey: 'together-system', provider: 'together', endpoint: null, isByok: false };
    expect(await client.getLlmConfigForUser(EMAIL, 'groq')).toEqual(config);
    stub.handler = () => ({ cut: true });
    expect(await client.getLlmConfigForUser(EMAIL, 'groq')).toEqual(config);
  });

  it('does not take a system key for an answer that says that this service is set up wrongly', async () => {
    const env = { OPENAI_API_KEY: 'sk-system' };
    const { stub, client } = await startClient(() => problem(401, 'not_authenticated'), { env });
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
    const { client } = await startClient(() => released(wrong));
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unexpected_answer' });
  });
});
