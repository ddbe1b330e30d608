// What a test that says nothing about the key leaves: in the answer, in the list and in the numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('a test', () => {
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

  it('counts no key as valid for what something in between answers to anybody, and keeps what was known', async () => {
    const client = await demoClient(service, 'starter');
    const openai = `${API}/keys/test/openai`;
    const count = async () => (await client.get(`${API}/stats`)).body;
    for (const word of ['edgelimit', 'edgepay', 'edgeauth']) {
      await client.post(`${API}/keys/add`, { provider: 'openai', key: `sk-${word}-0123456789` });
      expect((await client.post(openai)).body).toMatchObject({ success: false, status: 'unknown' });
      expect((await client.get(`${API}/keys`)).body).toMatchObject([{ test_status: 'unknown' }]);
      expect(await count()).toMatchObject({ tested_providers: 1, valid_providers: 0 });
    }
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-good-0123456789' });
    await client.post(openai);
    const [known] = (await client.get(`${API}/keys`)).body as [{ last_tested: string }];
    expect(await count()).toMatchObject({ valid_providers: 1 });
    const earlier = { status: 'valid', reason: 'ok', tested_at: known.last_tested };
    fakes.edge(429);
    const { body } = await client.post(openai);
    fakes.edge(undefined);
    expect(body).toEqual({
      provider: 'openai',
      provider_name: 'OpenAI',
      success: false,
      status: 'unknown',
      message: 'OpenAI answered 429 with HTML, which is not how its API answers, so the key could not be checked.',
      details: { status_code: 429, reason: 'unexpected_answer' },
      earlier_test: earlier,
    });
    const unknown = {
      test_status: 'unknown',
      test_reason: 'unexpected_answer',
      last_tested: NOW,
      earlier_test: earlier,
    };
    expect((await client.get(`${API}/keys`)).body).toEqual([{ ...known, ...unknown }]);
    expect(await count()).toMatchObject({ tested_providers: 1, valid_providers: 0 });
    await client.post(openai);
    expect((await client.get(`${API}/keys`)).body).toEqual([{ ...known, last_tested: NOW }]);
    await client.delete(`${API}/keys/openai`);
  });
});
