import { afterEach, describe, expect, it, vi } from 'vitest';
import { EMAIL, startClient } from './start-client.ts';
import { released } from './stub-key-service.ts';

afterEach(() => void vi.restoreAllMocks());

describe('the TypeScript client: the cache', () => {
  it('asks once for all who want the same key at once, and for later callers until it is cleared', async () => {
    const { stub, client } = await startClient(() => released());
    await Promise.all(Array.from({ length: 20 }, () => client.getUserApiKey(EMAIL, 'openai')));
    await client.getUserApiKey('Ann@Example.com', 'openai');
    expect(stub.seen).toHaveLength(1);
    for (const clear of [[], [EMAIL], ['ANN@example.com', 'openai'], [undefined, 'openai']] as const) {
      const before = stub.seen.length;
      client.clearUserKeyCache(...clear);
      await client.getUserApiKey(EMAIL, 'openai');
      expect(stub.seen).toHaveLength(before + 1);
    }
    client.clearUserKeyCache('ben@example.com');
    client.clearUserKeyCache(EMAIL, 'groq');
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(5);
  });

  it('keeps users and providers apart', async () => {
    const { stub, client } = await startClient((n) => released({ api_key: `sk-number-${n}` }));
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-1');
    expect(await client.getUserApiKey(EMAIL, 'groq')).toBe('sk-number-2');
    expect(await client.getUserApiKey('ben@example.com', 'openai')).toBe('sk-number-3');
    expect((await client.getLlmConfigForUser(EMAIL, 'openai')).apiKey).toBe('sk-number-4');
    expect((await client.getLlmConfigForUser(EMAIL, 'groq')).apiKey).toBe('sk-number-5');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-1');
    expect(stub.seen).toHaveLength(5);
  });

  it('asks anew with useCache: false, and others get the newer key from then on', async () => {
    const { client } = await startClient((n) => released({ api_key: `sk-number-${n}` }));
    await client.getUserApiKey(EMAIL, 'openai');
    expect(await client.getUserApiKey(EMAIL, 'openai', { useCache: false })).toBe('sk-number-2');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
  });

  it('does not keep an answer that was begun before the cache was cleared', async () => {
    const held = Promise.withResolvers<void>();
    const { stub, client } = await startClient(async (n) => {
      if (n === 1) await held.promise;
      return released({ api_key: `sk-number-${n}` });
    });
    const early = client.getUserApiKey(EMAIL, 'openai');
    await vi.waitFor(() => expect(stub.seen).toHaveLength(1));
    client.clearUserKeyCache(EMAIL);
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
    held.resolve();
    expect(await early).toBe('sk-number-1');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
  });

  it.each([
    { maxAge: 40, limit: 40 },
    { maxAge: 86_400, limit: 300 },
  ])('keeps an answer of $maxAge s for $limit s from when it was asked for', async ({ maxAge, limit }) => {
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { stub, client } = await startClient(() => {
      // The answer takes ten seconds, which count.
      now += 10_000;
      return released({ max_age_seconds: maxAge });
    });
    await client.getUserApiKey(EMAIL, 'openai');
    now += (limit - 10) * 1_000 - 1;
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(1);
    now += 1;
    await client.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(2);
  });

  it('keeps no answer of age 0, and no more than it is told to, the least used going first', async () => {
    const { stub, client } = await startClient(() => released(), { maxCachedKeys: 2 });
    for (const provider of ['openai', 'groq', 'openai', 'cohere', 'openai'])
      await client.getUserApiKey(EMAIL, provider);
    expect(stub.seen).toHaveLength(3);
    await client.getUserApiKey(EMAIL, 'groq');
    expect(stub.seen).toHaveLength(4);
    stub.handler = () => released({ max_age_seconds: 0 });
    for (let i = 0; i < 2; i += 1) await client.getUserApiKey(EMAIL, 'together');
    expect(stub.seen).toHaveLength(6);
  });
});
