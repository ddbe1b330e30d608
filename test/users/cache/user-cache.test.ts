import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createUserCache } from '../../../src/users/user-cache.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';
import type { ViewUser } from '../../../src/users/user-view.ts';
import { cacheOver, controlled, userAt, viewUser } from './user-cache-fixture.ts';

describe('the user cache', () => {
  it('asks the directory once for a user, however many ask at once, and again only for another user', async () => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const asked = Array.from({ length: 50 }, () => cache.get('ada'));
    const other = cache.get('eve');
    (await call(0)).resolve(userAt(1));
    (await call(1)).resolve(userAt(2, 'eve'));
    expect((await Promise.all(asked)).map((user) => user?.name)).toEqual(Array(50).fill('1'));
    expect((await other)?.id).toBe('eve');
    expect((await cache.get('ada'))?.name).toBe('1');
    expect(calls.map(({ id }) => id)).toEqual(['ada', 'eve']);
  });

  it('counts hits, misses and users', async () => {
    const cache = cacheOver({ findById: async (id) => userAt(1, id) });
    expect(cache.counts()).toEqual({ hits: 0, misses: 0, stale: 0, size: 0 });
    await Promise.all([cache.get('ada'), cache.get('ada'), cache.get('eve')]);
    await cache.get('ada');
    cache.put(userAt(2, 'bob'));
    expect(cache.counts()).toEqual({ hits: 1, misses: 3, stale: 0, size: 3 });
    cache.invalidate('ada');
    expect(cache.counts()).toEqual({ hits: 1, misses: 3, stale: 0, size: 2 });
  });

  it('does not remember that somebody does not exist', async () => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const first = cache.get('ada');
    (await call(0)).resolve(undefined);
    expect(await first).toBeUndefined();
    const second = cache.get('ada');
    (await call(1)).resolve(userAt(1));
    expect((await second)?.name).toBe('1');
    expect(calls).toHaveLength(2);
  });

  it('does not keep a failure: everybody who waited is told, and the next one asks again', async () => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const waiting = [cache.get('ada'), cache.get('ada')];
    (await call(0)).reject(new Error('out of reach'));
    for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe('rejected');
    const next = cache.get('ada');
    (await call(1)).resolve(userAt(1));
    expect((await next)?.name).toBe('1');
    expect(calls).toHaveLength(2);
    expect(cache.counts().size).toBe(1);
  });

  it('answers with a rejection where the directory throws at once, and recovers', async () => {
    let broken = true;
    const findById = (id: string): Promise<DirectoryUser> => {
      if (broken) throw new Error('thrown at once');
      return Promise.resolve(userAt(1, id));
    };
    const cache = cacheOver({ findById });
    await expect(cache.get('ada')).rejects.toThrow('thrown at once');
    broken = false;
    expect((await cache.get('ada'))?.name).toBe('1');
  });

  it('keeps what was there when a view cannot be made', async () => {
    let broken = false;
    const fragile: ViewUser = (user) => {
      if (broken) throw new Error('no view');
      return viewUser(user);
    };
    const cache = createUserCache({
      directory: { findById: async () => userAt(2) },
      viewUser: fragile,
      ttlMs: 1000,
      maxUsers: 1,
    });
    cache.put(userAt(1));
    broken = true;
    expect(() => cache.put(userAt(2))).toThrow('no view');
    expect((await cache.get('ada'))?.name).toBe('1');
    cache.invalidate('ada');
    await expect(cache.get('ada')).rejects.toThrow('no view');
  });

  it('holds no more users than it may, and lets go of those that were not asked for the longest', async () => {
    const asked: string[] = [];
    const findById = async (id: string) => {
      asked.push(id);
      return userAt(1, id);
    };
    const cache = cacheOver({ findById }, { maxUsers: 3 });
    for (const id of ['a', 'b', 'c']) await cache.get(id);
    await cache.get('a');
    cache.put(userAt(1, 'd'));
    expect(cache.counts().size).toBe(3);
    asked.length = 0;
    for (const id of ['a', 'c', 'd', 'b']) await cache.get(id);
    expect(asked).toEqual(['b']);
  });
});

describe('time in the user cache', () => {
  let now = 1000;
  const pass = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  beforeEach(() => {
    // lru-cache has taken hold of `performance` when it was loaded: its clock is set there.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('ends what is kept, counted from when it came in and not renewed by asking', async () => {
    let version = 1;
    const cache = cacheOver({ findById: async () => userAt(version) }, { ttlMs: 1000 });
    await cache.get('ada');
    version = 2;
    for (let asked = 0; asked < 3; asked += 1) {
      pass(300);
      expect((await cache.get('ada'))?.name).toBe('1');
    }
    pass(101);
    expect((await cache.get('ada'))?.name).toBe('2');
  });

  it('begins anew with a write', async () => {
    const cache = cacheOver({ findById: async () => userAt(9) }, { ttlMs: 1000 });
    cache.put(userAt(1));
    pass(900);
    cache.put(userAt(2));
    pass(900);
    expect((await cache.get('ada'))?.name).toBe('2');
    pass(101);
    expect((await cache.get('ada'))?.name).toBe('9');
  });
});
