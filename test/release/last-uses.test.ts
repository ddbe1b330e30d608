import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

describe('GET /keys/last-uses', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ BYOK_COHERE_SYSTEM_KEY: 'system-key-0123456789' });
  });
  afterAll(() => service?.stop());

  it('says when each of the person’s own keys was last used and by which service, to that person alone', async () => {
    const client = await demoClient(service, 'starter');
    const ask = async () => (await client.get(`${API}/keys/last-uses`)).body;
    expect(await ask()).toEqual({ items: [], next_cursor: null });
    for (const provider of ['groq', 'openai'])
      await client.post(`${API}/keys/add`, { provider, key: 'sk-0123456789abcdef' });
    const program = service.serviceClient(await newServiceTokenFor(service));
    const release = (provider: string) =>
      program.post('/keys/resolve', { user: { email: 'starter@example.com' }, provider, system_fallback: true });
    const began = Date.now();
    for (const provider of ['groq', 'openai', 'openai']) expect((await release(provider)).status).toBe(200);
    // The platform's key, and none at all.
    expect((await release('cohere')).body).toMatchObject({ source: 'system' });
    expect((await release('together')).status).toBe(404);
    const reply = await client.get(`${API}/keys/last-uses`);
    const time = expect.stringMatching(/^\d{4}-[\dT:.-]+Z$/);
    expect(reply.body).toEqual({
      items: [
        { provider: 'openai', used_at: time, service: expect.stringMatching(/^token:/) },
        { provider: 'groq', used_at: time, service: expect.stringMatching(/^token:/) },
      ],
      next_cursor: null,
    });
    const { items } = reply.body as { items: { used_at: string }[] };
    const times = items.map(({ used_at }) => Date.parse(used_at));
    expect(times[0]).toBeGreaterThanOrEqual(times[1] ?? 0);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(began);
    expect(reply.headers['cache-control']).toBe('no-store');
    const other = await demoClient(service, 'professional');
    expect((await other.get(`${API}/keys/last-uses`)).body).toEqual({ items: [], next_cursor: null });
  });

  it('says so while the database is away', async () => {
    const lone = await startService();
    try {
      const client = await demoClient(lone, 'starter');
      await lone.core.database.close();
      const reply = await client.get(`${API}/keys/last-uses`);
      // The people of the embedded default are in that database as well: only those in memory are known.
      expectProblem(reply, 503, 'database_unavailable');
    } finally {
      await lone.stop();
    }
  });
});
