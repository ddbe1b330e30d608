import { describe, expect, it, vi } from 'vitest';
import type { ProjectedKey } from '../../src/adoption/key-projection.ts';
import { createKeyProjectionFeed } from '../../src/adoption/key-projection-feed.ts';

const key = (provider: string): ProjectedKey => ({ provider, enabled: true, testStatus: undefined });

function createWorld(options: { maxWaiting?: number; retryMs?: number } = {}) {
  const written: string[] = [];
  const problems: unknown[] = [];
  const world = {
    written,
    problems,
    answer: async (): Promise<void> => undefined,
    feed: createKeyProjectionFeed({
      projection: {
        replace: async (userId, keys) => {
          await world.answer();
          written.push(`${userId} ${keys.map(({ provider }) => provider).join()}`);
        },
      },
      onProblem: (error) => problems.push(error),
      ...options,
    }),
  };
  return world;
}

describe('the feed of the projection', () => {
  it('writes what it is given, beside the giver', async () => {
    const { feed, written } = createWorld();
    feed.put('ada', [key('openai')]);
    feed.put('bob', []);
    expect(written).toEqual([]);
    await feed.settled();
    expect(written).toEqual(['ada openai', 'bob ']);
  });

  it('writes what comes while it is finishing', async () => {
    const { feed, written } = createWorld();
    for (let turn = 0; turn < 50; turn += 1) {
      feed.put(`user ${turn}`, []);
      for (let step = 0; step < turn % 7; step += 1) await Promise.resolve();
    }
    await vi.waitFor(() => expect(written).toHaveLength(50));
  });

  it('writes the last of several that wait for one user', async () => {
    const world = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.answer = () => promise;
    for (const provider of ['openai', 'groq', 'cohere']) world.feed.put('ada', [key(provider)]);
    resolve();
    await world.feed.settled();
    expect(world.written).toEqual(['ada openai', 'ada cohere']);
  });

  it('tries again what failed, and prefers what is newer', async () => {
    const world = createWorld({ retryMs: 5 });
    let failures = 2;
    world.answer = async () => {
      if (failures-- > 0) throw new Error('away');
    };
    world.feed.put('ada', [key('openai')]);
    world.feed.put('ada', [key('groq')]);
    await vi.waitFor(() => expect(world.written).toEqual(['ada groq']));
    expect(world.problems).toHaveLength(2);
  });

  it('lets no more wait than it has room for', async () => {
    const world = createWorld({ maxWaiting: 3, retryMs: 5 });
    let away = true;
    world.answer = async () => {
      if (away) throw new Error('away');
    };
    world.feed.put('user 0', []);
    await world.feed.settled();
    for (const number of [1, 2, 3, 4, 5]) world.feed.put(`user ${number}`, []);
    away = false;
    await vi.waitFor(() => expect(world.written).toHaveLength(3));
    expect(world.written).toEqual(['user 3 ', 'user 4 ', 'user 5 ']);
  });

  it('writes at its close what still waits, twice as well as once', async () => {
    const world = createWorld({ retryMs: 3_600_000 });
    let failures = 1;
    world.answer = async () => {
      if (failures-- > 0) throw new Error('away');
    };
    world.feed.put('ada', [key('openai')]);
    await world.feed.settled();
    await Promise.all([world.feed.close(), world.feed.close()]);
    expect(world.written).toEqual(['ada openai']);
  });
});
