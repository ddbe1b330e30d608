// How internal services set tiers and report usage, on the embedded default.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { KEY, SYSTEM_KEY, startInternalService } from '../support/service/internal-service.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService } from '../support/service/running-service.ts';

describe('internal services on the embedded default', () => {
  let service: RunningService;
  let person: ApiClient;
  let all: ApiClient;
  beforeAll(async () => {
    ({ service, person, all } = await startInternalService());
  });
  afterAll(() => service?.stop());

  describe('tiers', () => {
    const address = '/users/professional%40example.com/tier';

    it('are read and set, and count at once', async () => {
      expect((await all.get(address)).body).toEqual({
        email: 'professional@example.com',
        tier: 'professional',
        status: 'active',
        effective_tier: 'professional',
        api_calls_used: 0,
        api_calls_limit: null,
        api_calls_reset_date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      });
      const put = (json: object) => all.send('PUT', address, { json });
      expect((await put({ tier: 'enterprise', status: 'past_due' })).body).toMatchObject({
        tier: 'enterprise',
        status: 'past_due',
        effective_tier: 'trial',
      });
      const other = await demoClient(service, 'professional');
      expectProblem(await other.post(`${API}/keys/add`, { provider: 'openai', key: KEY }), 403, 'tier_required');
      expect((await put({ tier: 'starter', status: 'active' })).body).toMatchObject({ effective_tier: 'starter' });
      expect((await other.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).status).toBe(200);
      expect((await put({ tier: 'enterprise' })).body).toMatchObject({ tier: 'enterprise', status: 'active' });
    });

    it('must be known', async () => {
      for (const json of [{ tier: 'gold' }, { tier: 'starter', status: 'No such' }, {}, { tier: '__proto__' }])
        expectProblem(await all.send('PUT', address, { json }), 422, 'validation_failed');
    });

    it('set beside keys being added keep the keys, and the keys the tier', async () => {
      const providers = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq'];
      const starter = '/users/starter%40example.com/tier';
      const tiers = ['professional', 'starter', 'enterprise', 'professional', 'starter', 'enterprise', 'professional'];
      const replies = await Promise.all([
        ...providers.map((provider) => person.post(`${API}/keys/add`, { provider, key: `key-${provider}-0123` })),
        ...tiers.map((tier) => all.send('PUT', starter, { json: { tier } })),
      ]);
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
      expect((await person.get(`${API}/keys`)).body).toHaveLength(7);
      // One of them: they came at the same time.
      expect(tiers).toContain(((await all.get(starter)).body as { tier: string }).tier);
    });

    it('of nobody are not there, whatever the address looks like', async () => {
      expectProblem(await all.get('/users/nobody%40example.com/tier'), 404, 'user_not_found');
      expectProblem(await all.get('/users/a%2Fb%40example.com/tier'), 404, 'user_not_found');
      expectProblem(
        await all.get(`/users/${encodeURIComponent('../../keys@example.com')}/tier`),
        404,
        'user_not_found',
      );
      for (const name of ['tier', '%2e%2e', '%00%40x', 'a%20b%40x', '%40', 'x'.repeat(400)])
        expect([404, 422]).toContain((await all.get(`/users/${name}/tier`)).status);
    });
  });

  describe('usage', () => {
    const address = '/users/enterprise%40example.com/usage';

    it('counts every call, also 50 at the same time, and begins anew when told', async () => {
      const today = new Date().toISOString().slice(0, 10);
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => all.post(`${address}/increment`, { amount: 2 })),
      );
      const counts = replies.map(({ body }) => (body as { api_calls_used: number }).api_calls_used);
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => (index + 1) * 2));
      expect((await all.post(`${address}/increment`)).body).toEqual({
        api_calls_used: 101,
        api_calls_limit: null,
        remaining: null,
        api_calls_reset_date: today,
      });
      expect((await all.post(`${address}/reset`)).body).toMatchObject({ api_calls_used: 0 });
      expect((await all.get('/users/enterprise%40example.com/tier')).body).toMatchObject({ api_calls_used: 0 });
    });

    it.each([0, -1, 1.5, 10_001, '1', null])('does not count %j', async (amount) => {
      expectProblem(await all.post(`${address}/increment`, { amount }), 422, 'validation_failed');
    });

    it('of nobody is not counted', async () => {
      expectProblem(await all.post('/users/nobody%40example.com/usage/increment'), 404, 'user_not_found');
      expectProblem(await all.post('/users/nobody%40example.com/usage/reset'), 404, 'user_not_found');
    });
  });

  it('find nothing of a key in the logs', () => {
    const logs = service.logs.join('');
    for (const secret of [KEY, SYSTEM_KEY, 'byok_st_']) expect(logs).not.toContain(secret);
    expect(logs).toContain('"service":"token:test-');
  });
});
