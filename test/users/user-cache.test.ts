import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOLD_MS } from '../../src/replicas/invalidation.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createUserCache, type UserCache } from '../../src/users/user-cache.ts';
import type { DirectoryUser } from '../../src/users/user-directory.ts';
import type { ViewUser } from '../../src/users/user-view.ts';

/** A user whose name says which state of the directory it is. */
function userAt(version: number, id = 'ada'): DirectoryUser {
  const names = { username: id, email: undefined, firstName: String(version), lastName: undefined };
  return { id, ...names, enabled: true, attributes: {} };
}
const viewUser: ViewUser = (user) => ({
  id: user.id,
  email: user.email,
  name: user.firstName,
  tier: 'trial',
  enabled: user.enabled,
  apiCalls: { used: 0, limit: undefined, day: undefined },
  keys: [],
});

type Call = PromiseWithResolvers<DirectoryUser | undefined> & { readonly id: string };

/** A directory that answers when the test says so. */
function controlled() {
  const calls: Call[] = [];
  const findById = (id: string): Promise<DirectoryUser | undefined> => {
    const call = { id, ...Promise.withResolvers<DirectoryUser | undefined>() };
    calls.push(call);
    return call.promise;
  };
  const call = async (index: number): Promise<Call> => {
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(index));
    const found = calls[index];
    if (found === undefined) throw new Error(`call ${index} was not made`);
    return found;
  };
  return { calls, call, directory: { findById } };
}

function cacheOver(
  directory: { findById: (id: string) => Promise<DirectoryUser | undefined> },
  options = {},
): UserCache {
  return createUserCache({ directory, viewUser, ttlMs: 300_000, maxUsers: 100, ...options });
}

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

describe('an outage of the directory', () => {
  let now = 1000;
  let answer: () => DirectoryUser | undefined;
  const away = (): never => {
    throw new ByokError('directory_unavailable');
  };
  const open = (options = {}) =>
    cacheOver({ findById: async () => answer() }, { ttlMs: 1000, staleMs: 5000, ...options });
  beforeEach(() => {
    now = 1000;
    answer = () => userAt(1);
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is answered from what is remembered, marked stale and with its age, for a while', async () => {
    const cache = open();
    expect(await cache.find('ada')).toMatchObject({ ageMs: 0, stale: false });
    answer = away;
    now += 999;
    expect(await cache.find('ada')).toMatchObject({ view: { name: '1' }, ageMs: 999, stale: false });
    now += 1;
    expect(await cache.find('ada')).toMatchObject({ view: { name: '1' }, ageMs: 1000, stale: true });
    expect((await cache.get('ada'))?.name).toBe('1');
    now += 4999;
    expect(await cache.find('ada')).toMatchObject({ ageMs: 5999, stale: true });
    now += 1;
    await expect(cache.find('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(cache.counts()).toEqual({ hits: 1, misses: 5, stale: 3, size: 1 });
  });

  it('is over as soon as the directory answers', async () => {
    const cache = open();
    await cache.get('ada');
    answer = away;
    now += 2000;
    expect(await cache.find('ada')).toMatchObject({ stale: true });
    answer = () => userAt(2);
    expect(await cache.find('ada')).toMatchObject({ view: { name: '2' }, ageMs: 0, stale: false });
  });

  it.each(['invalidate', 'hold', 'clear'] as const)('does not bring back what was forgotten (%s)', async (kind) => {
    const cache = open();
    await cache.get('ada');
    answer = away;
    cache[kind]('ada', 'a write');
    await expect(cache.find('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('does not bring back what was forgotten while the directory was being asked', async () => {
    const { call, directory } = controlled();
    const cache = cacheOver(directory, { ttlMs: 1000, staleMs: 5000 });
    cache.put(userAt(1));
    now += 1000;
    const asked = cache.find('ada');
    const fill = await call(0);
    cache.invalidate('ada');
    fill.reject(new ByokError('directory_unavailable'));
    await expect(asked).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('answers with what a write has brought meanwhile, which is not stale', async () => {
    const { call, directory } = controlled();
    const cache = cacheOver(directory, { ttlMs: 1000, staleMs: 5000 });
    cache.put(userAt(1));
    now += 1000;
    const asked = cache.find('ada');
    const fill = await call(0);
    cache.put(userAt(2));
    fill.reject(new ByokError('directory_unavailable'));
    expect(await asked).toMatchObject({ view: { name: '2' }, ageMs: 0, stale: false });
  });

  it('does not bring back somebody who was found deleted', async () => {
    const cache = open();
    await cache.get('ada');
    answer = () => undefined;
    now += 1000;
    expect(await cache.get('ada')).toBeUndefined();
    answer = away;
    now += 1000;
    await expect(cache.find('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('goes on knowing who was found disabled', async () => {
    const cache = open();
    await cache.get('ada');
    answer = () => ({ ...userAt(1), enabled: false });
    now += 1000;
    await cache.get('ada');
    answer = away;
    now += 1000;
    expect(await cache.find('ada')).toMatchObject({ view: { enabled: false }, stale: true });
  });

  it('is an outage and nothing else: other failures are passed on', async () => {
    const cache = open();
    await cache.get('ada');
    now += 1000;
    for (const error of [new Error('a mistake of ours'), new ByokError('directory_misconfigured')]) {
      answer = () => {
        throw error;
      };
      await expect(cache.find('ada')).rejects.toBe(error);
    }
  });

  it('is not bridged where that is switched off', async () => {
    const cache = open({ staleMs: 0 });
    await cache.get('ada');
    answer = away;
    now += 1000;
    await expect(cache.find('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('holds no more users for it than it may', async () => {
    const cache = open({ maxUsers: 3 });
    for (const id of ['a', 'b', 'c', 'd']) cache.put(userAt(1, id));
    answer = away;
    now += 1000;
    await expect(cache.find('a')).rejects.toMatchObject({ code: 'directory_unavailable' });
    for (const id of ['b', 'c', 'd']) expect(await cache.find(id)).toMatchObject({ stale: true });
    expect(cache.counts().size).toBe(3);
  });
});

describe('memory beside other replicas', () => {
  let now = 1000;
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is not used while something may have been missed, and used again afterwards', async () => {
    let fresh = true;
    let version = 1;
    const cache = cacheOver({ findById: async () => userAt(version) }, { fresh: () => fresh });
    expect((await cache.get('ada'))?.name).toBe('1');
    version = 2;
    expect((await cache.get('ada'))?.name).toBe('1');
    fresh = false;
    expect((await cache.get('ada'))?.name).toBe('2');
    version = 3;
    expect((await cache.get('ada'))?.name).toBe('3');
    fresh = true;
    version = 4;
    expect((await cache.get('ada'))?.name).toBe('3');
  });

  it('does not join a reading from before it may have missed something', async () => {
    let fresh = true;
    const { call, directory } = controlled();
    const cache = cacheOver(directory, { fresh: () => fresh });
    const before = cache.get('ada');
    await call(0);
    fresh = false;
    now += 5000;
    const after = cache.get('ada');
    const joined = cache.get('ada');
    (await call(0)).resolve(userAt(1));
    (await call(1)).resolve(userAt(2));
    expect((await before)?.name).toBe('1');
    expect([(await after)?.name, (await joined)?.name]).toEqual(['2', '2']);
  });

  it.each(['put', 'invalidate'] as const)('keeps nothing of a user who is being written, until %s', async (kind) => {
    let version = 1;
    const cache = cacheOver({ findById: async () => userAt(version) });
    await cache.get('ada');
    cache.hold('ada', 'this write');
    version = 2;
    expect((await cache.get('ada'))?.name).toBe('2');
    version = 3;
    expect((await cache.get('ada'))?.name).toBe('3');
    // The end of another one, heard late.
    cache.invalidate('ada', 'an earlier write');
    cache.put(userAt(3), 'an earlier write');
    cache.invalidate('ada');
    await cache.get('ada');
    version = 5;
    expect((await cache.get('ada'))?.name).toBe('5');
    version = 3;
    if (kind === 'put') cache.put(userAt(3), 'this write');
    else {
      cache.invalidate('ada', 'this write');
      await cache.get('ada');
    }
    version = 4;
    expect((await cache.get('ada'))?.name).toBe('3');
  });

  it('keeps a user again whose writer was never heard of any more', async () => {
    let version = 1;
    const cache = cacheOver({ findById: async () => userAt(version) }, { ttlMs: 1e9 });
    cache.hold('ada', 'this write');
    now += HOLD_MS;
    await cache.get('ada');
    version = 2;
    expect((await cache.get('ada'))?.name).toBe('1');
  });
});

describe('a fill that was begun before a write', () => {
  it.each(['put', 'invalidate'] as const)('answers its own callers and is not kept (%s)', async (kind) => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const before = cache.get('ada');
    const fill = await call(0);
    if (kind === 'put') cache.put(userAt(2));
    else cache.invalidate('ada');
    const after = cache.get('ada');
    fill.resolve(userAt(1));
    expect((await before)?.name).toBe('1');
    if (kind === 'invalidate') (await call(1)).resolve(userAt(2));
    expect((await after)?.name).toBe('2');
    expect((await cache.get('ada'))?.name).toBe('2');
    expect(calls).toHaveLength(kind === 'put' ? 1 : 2);
  });

  it('does not end the fill that follows it: those who ask meanwhile share that one', async () => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const stale = cache.get('ada');
    await call(0);
    cache.invalidate('ada');
    const fresh = cache.get('ada');
    await call(1);
    (await call(0)).resolve(userAt(1));
    await stale;
    const joined = cache.get('ada');
    (await call(1)).resolve(userAt(2));
    expect([(await fresh)?.name, (await joined)?.name, (await cache.get('ada'))?.name]).toEqual(['2', '2', '2']);
    expect(calls).toHaveLength(2);
  });

  it('does no harm when it fails late', async () => {
    const { call, directory } = controlled();
    const cache = cacheOver(directory);
    const stale = cache.get('ada');
    const fill = await call(0);
    cache.put(userAt(2));
    fill.reject(new Error('out of reach'));
    await expect(stale).rejects.toThrow('out of reach');
    expect((await cache.get('ada'))?.name).toBe('2');
  });

  it('concerns its own user only', async () => {
    const { calls, call, directory } = controlled();
    const cache = cacheOver(directory);
    const ada = cache.get('ada');
    await call(0);
    cache.put(userAt(2, 'eve'));
    cache.invalidate('bob');
    (await call(0)).resolve(userAt(1));
    await ada;
    expect((await cache.get('ada'))?.name).toBe('1');
    expect(calls).toHaveLength(1);
  });
});
