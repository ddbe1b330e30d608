// What the user cache may not use or keep: what another replica may have changed, what was read before a write.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOLD_MS } from '../../../src/replicas/invalidation.ts';
import { cacheOver, controlled, userAt } from './user-cache-fixture.ts';

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

  it('keeps nothing of a reading that was begun before everything was forgotten, and lets nobody join it', async () => {
    const { call, calls, directory } = controlled();
    const cache = cacheOver(directory);
    const early = cache.get('ada');
    await call(0);
    cache.clear();
    const later = cache.get('ada');
    (await call(1)).resolve(userAt(2));
    expect((await later)?.name).toBe('2');
    (await call(0)).resolve(userAt(1));
    expect((await early)?.name).toBe('1');
    expect((await cache.get('ada'))?.name).toBe('2');
    expect(calls).toHaveLength(2);
  });

  it('keeps nothing of a reading alone that everything was forgotten during', async () => {
    const { call, calls, directory } = controlled();
    const cache = cacheOver(directory);
    const early = cache.get('ada');
    (await call(0)).resolve(userAt(1));
    cache.clear();
    await early;
    expect(cache.known('ada')).toBeUndefined();
    expect(calls).toHaveLength(1);
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
