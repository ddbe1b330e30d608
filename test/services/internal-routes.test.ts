// What internal services call, on the embedded default: on the public port, with service tokens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresServiceTokens } from '../../src/services/postgres-service-tokens.ts';
import { newServiceToken } from '../../src/services/service-caller.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

const KEY = 'sk-0123456789abcdef';
const SYSTEM_KEY = 'sk-system-0123456789';
const STARTER = { email: 'starter@example.com' };

describe('internal services on the embedded default', () => {
  let service: RunningService;
  let person: ApiClient;
  let all: ApiClient;
  beforeAll(async () => {
    service = await startService({ BYOK_OPENAI_SYSTEM_KEY: SYSTEM_KEY });
    person = await demoClient(service);
    all = service.serviceClient(await newServiceTokenFor(service));
    await person.post(`${API}/keys/add`, { provider: 'openai', key: KEY });
  });
  afterAll(() => service?.stop());

  it('get a user’s key', async () => {
    const reply = await all.post('/keys/resolve', { user: STARTER, provider: 'openai' });
    expect(reply.status).toBe(200);
    expect(reply.headers['cache-control']).toBe('no-store');
    const { max_age_seconds: maxAge, ...rest } = reply.body as { max_age_seconds: number };
    expect(rest).toEqual({
      api_key: KEY,
      provider: 'openai',
      endpoint: null,
      is_byok: true,
      source: 'user',
      reason: null,
      version: 1,
      stale: false,
    });
    expect(maxAge).toBeGreaterThan(250);
    expect(maxAge).toBeLessThanOrEqual(300);
  });

  it('get a system key where they accept one, and else the reason', async () => {
    const ask = { user: { email: 'professional@example.com' }, provider: 'openai' };
    const refused = await all.post('/keys/resolve', ask);
    expectProblem(refused, 404, 'key_not_released');
    expect(refused.body).toMatchObject({ reason: 'no_key' });
    expect((await all.post('/keys/resolve', { ...ask, system_fallback: true })).body).toMatchObject({
      api_key: SYSTEM_KEY,
      is_byok: false,
      source: 'system',
      reason: 'no_key',
      version: null,
    });
    const trial = { user: { email: 'trial@example.com' }, preferred: 'groq', system_fallback: true };
    expect((await all.post('/keys/resolve', trial)).body).toMatchObject({ provider: 'openai', reason: 'tier' });
  });

  it('see at once that a key was replaced, turned off or deleted', async () => {
    const ask = { user: STARTER, preferred: 'groq' };
    await person.post(`${API}/keys/add`, { provider: 'groq', key: 'gsk_0123456789' });
    expect((await all.post('/keys/resolve', ask)).body).toMatchObject({ api_key: 'gsk_0123456789', version: 1 });
    await person.patch(`${API}/keys/groq`, { key: 'gsk_9876543210' });
    expect((await all.post('/keys/resolve', ask)).body).toMatchObject({ api_key: 'gsk_9876543210', version: 2 });
    await person.patch(`${API}/keys/groq`, { enabled: false });
    expect((await all.post('/keys/resolve', ask)).body).toMatchObject({ provider: 'openai' });
    await person.delete(`${API}/keys/groq`);
    expect((await all.post('/keys/resolve', { user: STARTER, provider: 'groq' })).body).toMatchObject({
      reason: 'no_key',
    });
  });

  it.each([
    [{}],
    [{ user: STARTER }],
    [{ user: STARTER, provider: 'openai', preferred: 'openai' }],
    [{ user: { email: 'starter' }, provider: 'openai' }],
    [{ user: { email: STARTER.email, id: '1' }, provider: 'openai' }],
    [{ user: { id: '../1' }, provider: 'openai' }],
    [{ user: {}, provider: 'openai' }],
    [{ user: STARTER, provider: 'openai', system_fallback: 'yes' }],
    [[]],
  ])('are told what is wrong with %j', async (body) => {
    expectProblem(await all.post('/keys/resolve', body), 422, 'validation_failed');
  });

  it('are told that there is no such provider', async () => {
    const reply = await all.post('/keys/resolve', { user: STARTER, provider: 'nope' });
    expectProblem(reply, 400, 'invalid_provider');
  });

  describe('who it is', () => {
    const ask = { user: STARTER, provider: 'openai' };

    it('is not a person, and a service is none either', async () => {
      const reply = await person.post(`${API}/internal/keys/resolve`, ask);
      expectProblem(reply, 401, 'not_authenticated');
      const token = await newServiceTokenFor(service);
      const asPerson = service.client({ authorization: `Bearer ${token}` });
      for (const path of [`${API}/keys`, '/auth/me', '/auth/sessions'])
        expectProblem(await asPerson.get(path), 401, 'not_authenticated');
    });

    it('is nobody with a token that was never made, is cut short or comes in another way', async () => {
      const token = await newServiceTokenFor(service);
      for (const wrong of [newServiceToken(), token.slice(0, -1), `${token}a`, token.toUpperCase(), 'byok_st_', 'x'])
        expectProblem(await service.serviceClient(wrong).post('/keys/resolve', ask), 401, 'not_authenticated');
      for (const headers of [
        { authorization: token },
        { authorization: `Basic ${token}` },
        { cookie: `session=${token}` },
      ])
        expectProblem(
          await service.client(headers).post(`${API}/internal/keys/resolve`, ask),
          401,
          'not_authenticated',
        );
    });

    it('may do what its scopes say and nothing else', async () => {
      const paths = {
        resolve: (client: ApiClient) => client.post('/keys/resolve', ask),
        tier: (client: ApiClient) => client.get('/users/starter%40example.com/tier'),
        usage: (client: ApiClient) => client.post('/users/starter%40example.com/usage/increment'),
      };
      for (const scope of ['resolve', 'tier', 'usage'] as const) {
        const client = service.serviceClient(await newServiceTokenFor(service, { scopes: [scope] }));
        for (const [needed, call] of Object.entries(paths)) {
          const reply = await call(client);
          if (needed === scope) expect(reply.status).toBe(200);
          else expectProblem(reply, 403, 'scope_required');
        }
        // Before the body is looked at.
        if (scope !== 'resolve') expectProblem(await client.post('/keys/resolve', {}), 403, 'scope_required');
      }
    });

    it('may use the providers that it was given', async () => {
      const token = await newServiceTokenFor(service, { providers: ['groq'] });
      expectProblem(await service.serviceClient(token).post('/keys/resolve', ask), 403, 'scope_required');
    });

    it('is nobody any more from the moment its token ends, and within five seconds of its being revoked', async () => {
      const short = service.serviceClient(
        await newServiceTokenFor(service, { expiresAt: new Date(Date.now() + 1_500) }),
      );
      expect((await short.post('/keys/resolve', ask)).status).toBe(200);
      const statusOf = async (client: ApiClient) => (await client.post('/keys/resolve', ask)).status;
      await expect.poll(() => statusOf(short), { timeout: 10_000 }).toBe(401);

      const revoked = service.serviceClient(await newServiceTokenFor(service, { name: 'to-revoke' }));
      expect(await statusOf(revoked)).toBe(200);
      expect(await createPostgresServiceTokens(service.core.database.db).revoke('to-revoke', new Date())).toBe(true);
      await expect.poll(() => statusOf(revoked), { timeout: 10_000, interval: 200 }).toBe(401);
    });
  });

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

    const event = (more: object = {}) => ({
      user: STARTER,
      provider: 'openai',
      tokens_used: 12,
      cost_usd: '0.000000000000000001',
      ...more,
    });
    const send = (events: object[], key?: string) =>
      all.send('POST', '/usage', { json: { events }, headers: key === undefined ? {} : { 'idempotency-key': key } });
    const rows = () => service.core.database.db.selectFrom('usage_events').selectAll().execute();

    it('is recorded in batches, once however often a batch or an event is sent, and exactly', async () => {
      const before = (await rows()).length;
      const events = [event({ id: 'a' }), event({ cost_usd: 0.1 }), event({ id: 'a' })];
      const first = await send(events, 'batch-1');
      expect(first.body).toMatchObject({ recorded: 2, duplicates: 1, rejected: 0 });
      const repeats = await Promise.all(Array.from({ length: 10 }, () => send(events, 'batch-1')));
      for (const repeat of repeats) expect(repeat.body).toEqual(first.body);
      expect((await send([event({ id: 'a' })])).body).toMatchObject({ recorded: 0, duplicates: 1 });
      const stored = (await rows()).slice(before);
      expect(stored.map((row) => row.cost_usd).sort()).toEqual(['0.000000000000000001', '0.1']);
      expectProblem(await send([event()], 'batch-1'), 422, 'validation_failed');
    });

    it('says of each event that cannot be recorded why', async () => {
      const unknown = { email: 'nobody@example.com' };
      const reply = await send([event({ id: 'b' }), event({ user: unknown }), event({ provider: 'nope' })]);
      expect(reply.body).toEqual({
        recorded: 1,
        duplicates: 0,
        rejected: 2,
        results: [
          { id: 'b', status: 'recorded', reason: null },
          { id: null, status: 'rejected', reason: 'user_not_found' },
          { id: null, status: 'rejected', reason: 'invalid_provider' },
        ],
      });
      const limited = service.serviceClient(await newServiceTokenFor(service, { providers: ['groq'] }));
      expect((await limited.post('/usage', { events: [event()] })).body).toMatchObject({
        results: [{ reason: 'scope_required' }],
      });
    });

    it('comes 500 events at a time', async () => {
      const many = Array.from({ length: 500 }, (_, index) => event({ id: `many-${index}`.padEnd(60, '-') }));
      expect((await send(many)).body).toMatchObject({ recorded: 500 });
      expectProblem(await send([...many, event()]), 422, 'validation_failed');
      expectProblem(await send([]), 422, 'validation_failed');
      const large = await send([event({ id: 'x'.repeat(600_000) })]);
      expectProblem(large, 413, 'body_too_large');
      expect(large.detail).toBe('The batch is too large; 512 KiB is the limit.');
    });

    it.each([
      { tokens_used: -1 },
      { tokens_used: 1.5 },
      { cost_usd: '-1' },
      { cost_usd: '1e3' },
      { cost_usd: -0.1 },
      { occurred_at: 'yesterday' },
      { id: 'a b' },
      { user: {} },
    ])('is not recorded with %j', async (more) => {
      expectProblem(await send([event(more)]), 422, 'validation_failed');
    });
  });

  it('find nothing of a key in the logs', () => {
    const logs = service.logs.join('');
    for (const secret of [KEY, SYSTEM_KEY, 'byok_st_']) expect(logs).not.toContain(secret);
    expect(logs).toContain('"service":"token:test-');
  });
});
