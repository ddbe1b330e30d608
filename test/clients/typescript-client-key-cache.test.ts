// Released keys in the client's memory: whose they are, how long, and what a clearing reaches. Without a service.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokClientError } from '../../clients/typescript/src/errors.ts';
import { type CacheKey, createKeyCache } from '../../clients/typescript/src/key-cache.ts';
import { readReleasedKey } from '../../clients/typescript/src/released-key.ts';
import { createReleasedKeys } from '../../clients/typescript/src/released-keys.ts';

let now = 0;
beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

interface Value {
  readonly name: string;
  readonly userId: string | undefined;
  readonly maxAgeSeconds: number;
}

function openCache(most = 10) {
  const cache = createKeyCache<Value>(most);
  let asked = 0;
  return {
    cache,
    asked: () => asked,
    /** @returns the name of the answer that came: the number of the question, where the service was asked. */
    get: async (person: string, provider: string, { userId = 'u-1', maxAgeSeconds = 60 } = {}) =>
      (
        await cache.get({ person, provider }, async () => {
          asked += 1;
          return { name: String(asked), userId, maxAgeSeconds };
        })
      ).name,
  };
}

describe('a key in memory', () => {
  it('lasts as long as its own answer allows, whatever a later answer says of the person', async () => {
    const { get } = openCache();
    await get('ann', 'openai');
    now += 50_000;
    await get('ann', 'groq');
    now += 9_999;
    expect(await get('ann', 'openai')).toBe('1');
    now += 1;
    expect(await get('ann', 'openai')).toBe('3');
    expect(await get('ann', 'groq')).toBe('2');
  });

  it('is let go where a later answer for its owner, by another address, may not be kept', async () => {
    const { get } = openCache();
    await get('ann', 'openai');
    await get('ann.old', 'openai', { maxAgeSeconds: 0 });
    expect(await get('ann', 'openai')).toBe('3');
  });

  it('is not given for an address that leads to somebody else by now', async () => {
    const { get } = openCache();
    await get('ann', 'openai');
    await get('ann', 'groq', { userId: 'u-2', maxAgeSeconds: 0 });
    expect(await get('ann', 'openai', { userId: 'u-2' })).toBe('3');
  });

  it('of somebody who was asked for last is let go last', async () => {
    const { get } = openCache(2);
    await get('ann', 'openai', { userId: 'u-1' });
    await get('bob', 'openai', { userId: 'u-2' });
    expect(await get('ann', 'openai')).toBe('1');
    await get('eve', 'openai', { userId: 'u-3' });
    expect(await get('ann', 'openai')).toBe('1');
    expect(await get('bob', 'openai', { userId: 'u-2' })).toBe('4');
  });
});

describe('an answer that is on its way', () => {
  function flights() {
    const cache = createKeyCache<Value>(10);
    const loads: PromiseWithResolvers<Value>[] = [];
    const get = (key: CacheKey) =>
      cache.get(key, () => {
        const load = Promise.withResolvers<Value>();
        loads.push(load);
        return load.promise;
      });
    const land = (n: number, userId = 'u-1'): void => loads[n]?.resolve({ name: String(n), userId, maxAgeSeconds: 60 });
    return { cache, loads, get, land };
  }
  const OPENAI: CacheKey = { person: 'ann', provider: 'openai' };
  const GROQ: CacheKey = { person: 'ann', provider: 'groq' };

  it('that fails after a clearing does not end the one that follows it', async () => {
    const { cache, loads, get, land } = flights();
    const early = get(OPENAI);
    cache.clear();
    const later = get(OPENAI);
    loads[0]?.reject(new Error('late'));
    await expect(early).rejects.toThrow('late');
    const joined = get(OPENAI);
    expect(loads).toHaveLength(2);
    land(1);
    expect((await later).name).toBe('1');
    expect((await joined).name).toBe('1');
  });

  it('for another address of the person is not kept where one of them is cleared', async () => {
    const { cache, loads, get, land } = flights();
    for (const [n, person] of ['ann', 'ann.old'].entries()) {
      const known = get({ person, provider: 'cohere' });
      land(n);
      await known;
    }
    const running = get({ person: 'ann.old', provider: 'openai' });
    cache.clear('ann');
    land(2);
    await running;
    void get({ person: 'ann.old', provider: 'openai' });
    expect(loads).toHaveLength(4);
  });

  it('for another provider, or for somebody else, is kept', async () => {
    const { cache, loads, get, land } = flights();
    const running = [get(GROQ), get({ person: 'eve', provider: 'openai' })];
    cache.clear('ann', 'openai');
    land(0);
    land(1, 'u-2');
    await Promise.all(running);
    await get(GROQ);
    await get({ person: 'eve', provider: 'openai' });
    expect(loads).toHaveLength(2);
  });
});

describe('a released key', () => {
  const ANSWER = { api_key: 'sk-1', provider: 'openai', is_byok: true, max_age_seconds: 60 };

  it.each([
    [{}, { source: 'user', version: null, userId: undefined, endpoint: null, endpointChecked: null }],
    [{ is_byok: false }, { source: 'system' }],
    [
      { source: 'agent', version: 3, user_id: 'u-1' },
      { source: 'agent', version: 3, userId: 'u-1' },
    ],
    [
      { source: 7, version: '3', user_id: '' },
      { source: 'user', version: null, userId: undefined },
    ],
    [
      { user_id: 7, endpoint_checked: 'yes' },
      { userId: undefined, endpointChecked: null },
    ],
  ])('with %o reads as %o', (more, read) => {
    expect(readReleasedKey({ ...ANSWER, ...more })).toMatchObject(read);
  });
});

describe('who could have no key a moment ago', () => {
  const refusal = (reason: string) => new ByokClientError('No.', { code: 'key_not_released', status: 404, reason });
  function openKeys(most = 10) {
    const service = { answer: (): Record<string, unknown> => ({}) };
    const keys = createReleasedKeys(async () => service.answer(), most);
    const ask = (email: string) => keys.release(email, { provider: 'openai' }, { useCache: false });
    const refuse = async (email: string) => {
      service.answer = () => {
        throw refusal('account_disabled');
      };
      await expect(ask(email)).rejects.toMatchObject({ reason: 'account_disabled' });
    };
    const system = (reason: string) => {
      service.answer = () => ({
        api_key: 'sk-system',
        provider: 'openai',
        is_byok: false,
        reason,
        max_age_seconds: 60,
      });
    };
    return { keys, ask, refuse, system };
  }

  it('is given no system key by a service that cannot look, for five minutes', async () => {
    const { keys, ask, refuse, system } = openKeys();
    await refuse('ann@example.com');
    system('directory_unavailable');
    now += 299_999;
    await expect(ask('ann@example.com')).rejects.toMatchObject({
      code: 'key_not_released',
      reason: 'account_disabled',
      message: expect.stringContaining('nobody can say'),
    });
    expect(keys.refusedLately('ann@example.com')).toBe(true);
    now += 1;
    expect(await ask('ann@example.com')).toMatchObject({ isByok: false });
    expect(keys.refusedLately('ann@example.com')).toBe(false);
  });

  it('is given what a service says that has looked', async () => {
    const { keys, ask, refuse, system } = openKeys();
    await refuse('ann@example.com');
    system('no_key');
    expect(await ask('ann@example.com')).toMatchObject({ source: 'system' });
    expect(keys.refusedLately('ann@example.com')).toBe(false);
  });

  it('is remembered of so many people, those of last', async () => {
    const { keys, refuse } = openKeys(2);
    for (const name of ['ann', 'bob', 'ann', 'eve']) await refuse(`${name}@example.com`);
    expect(['ann', 'bob', 'eve'].map((name) => keys.refusedLately(`${name}@example.com`))).toEqual([true, false, true]);
  });

  it('is everybody whose address means nobody', async () => {
    const { keys } = openKeys();
    expect(keys.refusedLately('\u212Aate@example.com')).toBe(true);
    await expect(keys.release('\u212Aate@example.com', { provider: 'openai' })).rejects.toMatchObject({
      code: 'key_not_released',
      status: 404,
      reason: 'user_not_found',
    });
  });
});
