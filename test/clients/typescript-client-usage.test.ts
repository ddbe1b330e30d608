import { describe, expect, it } from 'vitest';
import { ByokUnavailableError } from '../../clients/typescript/src/index.ts';
import { EMAIL, failure, startClient } from './start-client.ts';

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
    const { stub, client } = await startClient(() => ({ json: tier }));
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
    const { stub, client } = await startClient(() => ({
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
    const { stub, client } = await startClient((n) => (n === 1 ? { cut: true } : { json: {} }));
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
    const { client } = await startClient(() => ({
      json: { results: [{ status: 'rejected', reason: 'user_not_found' }] },
    }));
    expect(await failure(client.recordApiUsage(EMAIL, 'openai', 1))).toMatchObject({
      code: 'usage_rejected',
      reason: 'user_not_found',
    });
  });
});
