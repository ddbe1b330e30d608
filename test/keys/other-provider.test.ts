// A key that begins as another provider's: stored with a word about it, and sent to this one only where somebody says so.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const REST = 'good-0123456789abcdef';

describe('a key that begins as another provider’s', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  let client: ApiClient;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startService(providerEnv(fakes));
    client = await demoClient(service, 'professional');
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });
  const asked = async (path: string, body?: object) => {
    const before = fakes.requests.length;
    const reply = await client.post(`${API}/keys/test/${path}`, body);
    return { reply, asked: fakes.requests.slice(before).map(({ provider }) => provider) };
  };

  it.each([
    ['openai', 'sk-ant-', 'Anthropic'],
    ['openai', 'gsk_', 'Groq'],
    ['openai', 'hf_', 'HuggingFace'],
    ['openai', 'pplx-', 'Perplexity AI'],
    ['anthropic', 'sk-', 'OpenAI'],
    ['groq', 'sk-ant-', 'Anthropic'],
    ['cohere', 'sk-', 'OpenAI'],
    ['together', 'hf_', 'HuggingFace'],
    // Of providers that are not offered here.
    ['openai', 'sk-or-v1-', 'OpenRouter'],
    ['groq', 'xai-', 'xAI'],
    ['huggingface', 'ghp_', 'GitHub'],
  ])('is not sent to %s when it begins with %s', async (provider, prefix, owner) => {
    const key = `${prefix}${REST}`;
    const name = ((await client.get(`${API}/providers`)).body as { id: string; name: string }[]).find(
      ({ id }) => id === provider,
    )?.name;
    const unsent = {
      asked: [],
      reply: {
        status: 200,
        body: {
          success: false,
          status: 'unknown',
          message: `This looks like a key for ${owner}, so it was not sent to ${name}.`,
          details: { status_code: null, reason: 'other_provider' },
        },
      },
    };
    expect(await asked(provider, { key })).toMatchObject(unsent);
    expect(await asked(provider, { key, endpoint: fakes.httpsUrl('custom') })).toMatchObject(unsent);
    expect(await client.post(`${API}/keys/add`, { provider, key })).toMatchObject({
      status: 200,
      body: { warnings: [`This looks like a key for ${owner}, not for ${name}.`] },
    });
    expect(await asked(provider)).toMatchObject(unsent);
    // Said so, it is asked: one that is not stored, and the stored one.
    for (const body of [{ key, send_anyway: true }, { send_anyway: true }])
      expect((await asked(provider, body)).asked).toContain(provider);
  });

  it('keeps what the last real test said', async () => {
    await client.post(`${API}/keys/add`, { provider: 'openai', key: `sk-${REST}` });
    await client.post(`${API}/keys/test/openai`);
    await client.patch(`${API}/keys/openai`, { key: `gsk_${REST}` });
    await client.post(`${API}/keys/test/openai`, { send_anyway: true });
    const stored = async () =>
      ((await client.get(`${API}/keys`)).body as { provider: string }[]).find((key) => key.provider === 'openai');
    const before = await stored();
    expect(before).toMatchObject({ test_status: 'valid' });
    await client.post(`${API}/keys/test/openai`);
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['openai', 'sk-proj-'],
    ['anthropic', 'sk-ant-'],
    ['cohere', ''],
    ['groq', 'new-format-'],
  ])('other keys are sent to %s as ever: %s', async (provider, prefix) => {
    expect((await asked(provider, { key: `${prefix}${REST}` })).asked).toContain(provider);
  });

  it('a custom endpoint gets any key: it may be anybody’s', async () => {
    for (const prefix of ['sk-ant-', 'gsk_', 'sk-or-v1-'])
      expect((await asked('custom', { key: `${prefix}${REST}`, endpoint: fakes.httpsUrl('custom') })).asked).toContain(
        'custom',
      );
  });

  it.each([
    [{}, 'key', 'is missing'],
    [{ send_anyway: false }, 'key', 'is missing'],
    [{ send_anyway: 'yes', key: `sk-${REST}` }, 'send_anyway', 'must be true or false'],
    [{ send_anyway: true, endpoint: 'https://llm.example.com' }, 'endpoint', 'is tested together with a key only'],
  ])('a body that says something else is refused: %j', async (body, path, message) => {
    const reply = await client.post(`${API}/keys/test/openai`, body);
    expectProblem(reply, 422, 'validation_failed');
    expect(reply.body).toMatchObject({ errors: [{ path, message }] });
  });
});
