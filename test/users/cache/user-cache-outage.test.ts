// What is remembered of a user while the directory is out of reach.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../../src/shared/errors.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';
import { cacheOver, controlled, userAt } from './user-cache-fixture.ts';

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
