// The wire contract of /api/v1/byok, field by field: old clients read these names.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const PROVIDERS = [
  { id: 'openai', name: 'OpenAI', prefix: 'sk-', preview: 'sk-good...5678' },
  { id: 'anthropic', name: 'Anthropic', prefix: 'sk-ant-', preview: 'sk-ant-good...5678' },
  { id: 'huggingface', name: 'HuggingFace', prefix: 'hf_', preview: 'hf_good...5678' },
  { id: 'cohere', name: 'Cohere', prefix: null, preview: 'key-...5678' },
  { id: 'together', name: 'Together AI', prefix: null, preview: 'key-...5678' },
  { id: 'perplexity', name: 'Perplexity AI', prefix: 'pplx-', preview: 'pplx-good...5678' },
  { id: 'groq', name: 'Groq', prefix: 'gsk_', preview: 'gsk_good...5678' },
  { id: 'custom', name: 'Custom Endpoint', prefix: null, preview: 'key-...5678' },
] as const;
type Row = (typeof PROVIDERS)[number];

const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const keyOf = ({ prefix }: Row): string => `${prefix ?? 'key-'}good-0123456789abcdef-5678`;

describe('the wire contract', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startService(providerEnv(fakes));
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });

  const endpointOf = ({ id }: Row): string | null => (id === 'custom' ? fakes.httpsUrl('custom') : null);
  const add = (client: ApiClient, row: Row, more: object = {}) => {
    const endpoint = endpointOf(row);
    return client.post(`${API}/keys/add`, {
      provider: row.id,
      key: keyOf(row),
      ...(endpoint && { endpoint }),
      ...more,
    });
  };
  const listed = (row: Row, more: object = {}) => ({
    provider: row.id,
    provider_name: row.name,
    key_preview: row.preview,
    label: `${row.name} Key`,
    added_date: NOW,
    last_tested: null,
    test_status: null,
    test_reason: null,
    endpoint: endpointOf(row),
    enabled: true,
    state: 'usable',
    ...more,
  });

  it('holds for no key and for each number of keys up to eight, and back to none', async () => {
    const client = await demoClient(service, 'starter');
    const checkWith = async (stored: readonly Row[]): Promise<void> => {
      expect((await client.get(`${API}/keys`)).body).toEqual(stored.map((row) => listed(row)));
      expect((await client.get(`${API}/stats`)).body).toEqual({
        total_providers: 8,
        configured_providers: stored.length,
        tested_providers: 0,
        valid_providers: 0,
        user_tier: 'starter',
      });
      expect((await client.get(`${API}/providers`)).body).toEqual(
        PROVIDERS.map((row) => ({
          id: row.id,
          name: row.name,
          key_format: row.prefix,
          configured: stored.includes(row),
          key_url: row.id === 'custom' ? null : expect.stringMatching(/^https:\/\//),
          accepts_endpoint: true,
        })),
      );
    };
    await checkWith([]);
    for (const [index, row] of PROVIDERS.entries()) {
      expect(await add(client, row)).toMatchObject({
        status: 200,
        body: {
          message: 'API key added successfully',
          provider: row.id,
          provider_name: row.name,
          key_preview: row.preview,
          warnings: [],
        },
      });
      await checkWith(PROVIDERS.slice(0, index + 1));
    }
    for (const [index, { id }] of PROVIDERS.entries()) {
      const removed = { message: 'API key removed successfully', provider: id };
      expect((await client.delete(`${API}/keys/${id}`)).body).toEqual({ ...removed, removed: true });
      await checkWith(PROVIDERS.slice(index + 1));
      expect((await client.delete(`${API}/keys/${id}`)).body).toEqual({ ...removed, removed: false });
    }
  });

  it('tests every provider’s key, stored or not, and stores the result of a stored one', async () => {
    const client = await demoClient(service, 'professional');
    for (const row of PROVIDERS) {
      await add(client, row);
      const path = `${API}/keys/test/${row.id}`;
      const answer = { provider: row.id, provider_name: row.name, success: true, status: 'valid' };
      const tested = {
        ...answer,
        message: expect.stringMatching(/accepts the key\.$/),
        details: { status_code: 200, reason: 'ok' },
      };
      expect((await client.post(path)).body).toEqual(tested);
      const candidate = {
        key: keyOf(row).replace('good', 'bad'),
        ...(endpointOf(row) && { endpoint: endpointOf(row) }),
      };
      expect((await client.post(path, candidate)).body).toEqual({
        ...answer,
        success: false,
        status: 'invalid',
        message: expect.stringMatching(/^(.*) refused the key/),
        details: { status_code: 401, reason: 'bad_key' },
      });
    }
    const tested = { last_tested: NOW, test_status: 'valid', test_reason: 'ok' };
    expect((await client.get(`${API}/keys`)).body).toEqual(PROVIDERS.map((row) => listed(row, tested)));
    expect((await client.get(`${API}/stats`)).body).toEqual({
      total_providers: 8,
      configured_providers: 8,
      tested_providers: 8,
      valid_providers: 8,
      user_tier: 'professional',
    });
  });

  it('answers 404 to the test of a key that is not stored', async () => {
    const client = await demoClient(service, 'trial');
    const reply = await client.post(`${API}/keys/test/openai`);
    expectProblem(reply, 404, 'key_not_found');
  });

  it('says what a provider’s fault was, and calls no key invalid for it', async () => {
    const client = await demoClient(service, 'enterprise');
    const results: Record<string, string> = {};
    const behaviours = 'ratelimited restricted broken hang cut html garbage redirect edgelimit edgepay edgeauth';
    for (const behaviour of behaviours.split(' ')) {
      const { body } = await client.post(`${API}/keys/test/openai`, { key: `sk-${behaviour}-0123456789` });
      const { status, success, details } = body as { status: string; success: boolean; details: { reason: string } };
      expect(success).toBe(status === 'valid');
      results[behaviour] = `${status} ${details.reason}`;
    }
    expect(results).toEqual({
      ratelimited: 'valid rate_limited',
      restricted: 'valid restricted',
      broken: 'error provider_error',
      hang: 'error timeout',
      cut: 'error unreachable',
      html: 'unknown unexpected_answer',
      garbage: 'unknown unexpected_answer',
      redirect: 'unknown unexpected_answer',
      edgelimit: 'unknown unexpected_answer',
      edgepay: 'unknown unexpected_answer',
      edgeauth: 'unknown unexpected_answer',
    });
  });

  it('replaces the key when it is added again, and forgets the test of the old one', async () => {
    const client = await demoClient(service, 'enterprise');
    const [openai] = PROVIDERS;
    await add(client, openai, { label: 'First' });
    await client.post(`${API}/keys/test/openai`);
    await add(client, openai, { key: 'sk-9999999999999999', label: 'Second' });
    expect((await client.get(`${API}/keys`)).body).toEqual([
      listed(openai, { key_preview: 'sk-999...999', label: 'Second' }),
    ]);
  });

  it('warns of a key that looks like another provider’s, and stores it', async () => {
    const client = await demoClient(service, 'enterprise');
    const reply = await client.post(`${API}/keys/add`, { provider: 'groq', key: 'hf_good-0123456789' });
    expect(reply.body).toMatchObject({ warnings: ['This looks like a key for HuggingFace, not for Groq.'] });
    expect(reply.status).toBe(200);
  });

  it('changes label and enabled without the key, and the endpoint only with it', async () => {
    const client = await demoClient(service, 'enterprise');
    const custom = PROVIDERS[7];
    await add(client, custom, { label: 'Mine' });
    const path = `${API}/keys/custom`;
    expect((await client.patch(path, { label: ' Ours ' })).body).toEqual(listed(custom, { label: 'Ours' }));
    expect((await client.patch(path, { enabled: false })).body).toEqual(
      listed(custom, { label: 'Ours', enabled: false }),
    );
    const elsewhere = 'https://llm.example.com/v1';
    expectProblem(await client.patch(path, { endpoint: elsewhere }), 422, 'validation_failed');
    const moved = { key: keyOf(custom), endpoint: elsewhere, enabled: true };
    const unconfirmed = [expect.stringMatching(/could not be confirmed .* CUSTOM_ENDPOINT_ALLOW\.$/)];
    expect((await client.patch(path, moved)).body).toEqual(
      listed(custom, { label: 'Ours', endpoint: elsewhere, warnings: unconfirmed }),
    );
    expectProblem(await client.patch(`${API}/keys/cohere`, { label: 'x' }), 404, 'key_not_found');
  });

  it('lets the Starter tier and above store, and says to others what they need and have', async () => {
    for (const tier of ['starter', 'professional', 'enterprise'])
      expect((await add(await demoClient(service, tier), PROVIDERS[0])).status).toBe(200);
    const trial = await demoClient(service, 'trial');
    const reply = await add(trial, PROVIDERS[0]);
    expectProblem(reply, 403, 'tier_required');
    expect(reply.body).toMatchObject({
      detail: 'Storing API keys needs the starter tier or above; yours is trial.',
      required_tier: 'starter',
      current_tier: 'trial',
    });
    expect((await trial.get(`${API}/keys`)).body).toEqual([]);
    expect((await trial.post(`${API}/keys/test/openai`, { key: keyOf(PROVIDERS[0]) })).status).toBe(200);
    expect((await trial.delete(`${API}/keys/openai`)).status).toBe(200);
  });
});
