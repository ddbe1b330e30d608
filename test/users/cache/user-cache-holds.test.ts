// What the user cache keeps while somebody is writing: nothing, whoever reads it meanwhile.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../../src/shared/errors.ts';
import { cacheOver, controlled, userAt } from './user-cache-fixture.ts';

describe('a user who is being written', () => {
  let now = 1000;
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is read by everybody who asks, and kept by nobody, until the write has ended', async () => {
    let version = 1;
    const cache = cacheOver({ findById: async () => userAt(version) });
    cache.hold('ada', 'write-1');
    expect((await cache.get('ada'))?.name).toBe('1');
    version = 2;
    expect((await cache.get('ada'))?.name).toBe('2');
    expect(cache.known('ada')).toBeUndefined();
    cache.put(userAt(3), 'write-1');
    expect(cache.known('ada')?.name).toBe('3');
    expect(await cache.find('ada')).toMatchObject({ stale: false });
  });

  it('is not kept by the end of one write while another goes on', async () => {
    const cache = cacheOver({ findById: async () => userAt(9) });
    cache.hold('ada', 'write-1');
    cache.hold('ada', 'write-2');
    cache.put(userAt(1), 'write-1');
    expect(cache.known('ada')).toBeUndefined();
    cache.put(userAt(2), 'write-2');
    expect(cache.known('ada')?.name).toBe('2');
  });

  it('is asked for once by all who come within a quarter of a second, and anew after that', async () => {
    const { call, calls, directory } = controlled();
    const cache = cacheOver(directory);
    cache.hold('ada', 'write-1');
    const first = cache.get('ada');
    await call(0);
    now += 249;
    const second = cache.get('ada');
    now += 1;
    const third = cache.get('ada');
    (await call(1)).resolve(userAt(2));
    (await call(0)).resolve(userAt(1));
    expect((await Promise.all([first, second, third])).map((user) => user?.name)).toEqual(['1', '1', '2']);
    expect(calls).toHaveLength(2);
  });
});

describe('what is read beside the cache', () => {
  it('does not take the place of what was read later', async () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const cache = cacheOver({ findById: async () => userAt(2) });
    const keep = cache.beginReading();
    now += 1;
    await cache.find('ada', { revalidate: true });
    keep(userAt(1));
    expect(cache.known('ada')?.name).toBe('2');
    cache.beginReading()(userAt(3));
    expect(cache.known('ada')?.name).toBe('3');
    clock.mockRestore();
  });
});

describe('memory that may have missed something', () => {
  it('does not answer in an outage where that is switched off', async () => {
    let fresh = true;
    let away = false;
    const findById = async () => {
      if (away) throw new ByokError('directory_unavailable');
      return userAt(1);
    };
    const cache = cacheOver({ findById }, { fresh: () => fresh, staleMs: 0 });
    await cache.get('ada');
    [fresh, away] = [false, true];
    await expect(cache.get('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });
});
