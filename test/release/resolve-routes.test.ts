// What internal services get on the embedded default: on the public port, with service tokens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { KEY, STARTER, SYSTEM_KEY, startInternalService } from '../support/service/internal-service.ts';
import { expectProblem } from '../support/service/problem.ts';
import type { RunningService } from '../support/service/running-service.ts';

describe('internal services on the embedded default', () => {
  let service: RunningService;
  let person: ApiClient;
  let all: ApiClient;
  beforeAll(async () => {
    ({ service, person, all } = await startInternalService());
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
      endpoint_checked: null,
      is_byok: true,
      source: 'user',
      reason: null,
      version: 1,
      user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stale: false,
    });
    // An address may change hands in Keycloak without anybody being told; an id never does.
    expect(maxAge).toBeGreaterThan(30);
    expect(maxAge).toBeLessThanOrEqual(60);
    const byId = await all.post('/keys/resolve', { user: { id: Reflect.get(rest, 'user_id') }, provider: 'openai' });
    const answer = byId.body as { user_id: string; max_age_seconds: number };
    expect(answer.user_id).toBe(Reflect.get(rest, 'user_id'));
    expect(answer.max_age_seconds).toBeGreaterThan(250);
    expect(answer.max_age_seconds).toBeLessThanOrEqual(300);
  });

  it('get a key by an unverified address only where the operator allows it, and then for five seconds', async () => {
    const { db } = service.core.database;
    const user = { email: 'unverified@example.com' };
    await db
      .insertInto('embedded_users')
      .values({ id: 'unverified', username: 'unverified', ...user })
      .execute();
    const ask = { user, provider: 'openai', system_fallback: true };
    const refused = await all.post('/keys/resolve', ask);
    expectProblem(refused, 404, 'key_not_released');
    expect(refused.body).toMatchObject({ reason: 'email_unverified' });
    expect((await all.post('/keys/resolve', { ...ask, user: { id: 'unverified' } })).status).toBe(200);
  });

  it('are told whether the host of an endpoint was found to lead where it may', async () => {
    const checkedOf = async (endpoint: string): Promise<unknown> => {
      await person.post(`${API}/keys/add`, { provider: 'custom', key: 'x', endpoint });
      const { body } = await all.post('/keys/resolve', { user: STARTER, provider: 'custom' });
      expect(body).toMatchObject({ endpoint });
      return (body as { endpoint_checked: unknown }).endpoint_checked;
    };
    expect(await checkedOf('https://8.8.8.8/v1')).toBe(true);
    expect(await checkedOf('https://nowhere.invalid/v1')).toBe(false);
    expect(await checkedOf('http://localhost:11434/v1')).toBe(true);
    await person.delete(`${API}/keys/custom`);
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
    [{ user: { id: '1\u0000' }, provider: 'openai' }],
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

  it('find nothing of a key in the logs', () => {
    const logs = service.logs.join('');
    for (const secret of [KEY, SYSTEM_KEY, 'byok_st_']) expect(logs).not.toContain(secret);
    expect(logs).toContain('"service":"token:test-');
  });
});
