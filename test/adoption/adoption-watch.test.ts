import { describe, expect, it } from 'vitest';
import { createAdoptionWatch } from '../../src/adoption/adoption-watch.ts';
import { createMemoryKeyProjection } from '../support/memory/memory-key-projection.ts';

function createWorld() {
  const projection = createMemoryKeyProjection();
  projection.users.set('ada', [{ provider: 'openai', enabled: true, testStatus: undefined }]);
  const problems: unknown[] = [];
  const world = {
    now: new Date('2026-11-22T23:30:00Z'),
    counted: 0,
    countUsers: async (): Promise<number> => 4,
    count: projection.count,
  };
  const watch = createAdoptionWatch({
    projection: { ...projection, count: () => world.count() },
    countUsers: () => {
      world.counted += 1;
      return world.countUsers();
    },
    onProblem: (error) => problems.push(error),
    now: () => world.now,
  });
  const later = (minutes: number): void => {
    world.now = new Date(world.now.getTime() + minutes * 60_000);
  };
  return { world, projection, problems, watch, later };
}

describe('the numbers of adoption', () => {
  it('are unknown before the first look, and then at hand', async () => {
    const { watch } = createWorld();
    expect(watch.latest()).toBeUndefined();
    await watch.refresh();
    expect(watch.latest()).toEqual({ usersTotal: 4, usersWithKeys: 1, keys: { openai: 1 }, tests: {} });
  });

  it('count users once an hour', async () => {
    const { world, watch, later } = createWorld();
    for (const minutes of [0, 1, 58]) {
      later(minutes);
      await watch.refresh();
    }
    expect(world.counted).toBe(1);
    later(1);
    world.countUsers = async () => 5;
    await watch.refresh();
    expect(watch.latest()?.usersTotal).toBe(5);
  });

  it('are kept once a day, with the users of that day', async () => {
    const { projection, watch, later } = createWorld();
    await watch.refresh();
    projection.users.set('bob', [{ provider: 'groq', enabled: true, testStatus: undefined }]);
    await watch.refresh();
    later(60);
    await watch.refresh();
    expect([...projection.snapshots.values()]).toEqual([
      { day: '2026-11-22', usersTotal: 4, usersWithKeys: 1, keys: { openai: 1 } },
      { day: '2026-11-23', usersTotal: 4, usersWithKeys: 2, keys: { openai: 1, groq: 1 } },
    ]);
  });

  it('do without the number of users while Keycloak is away, and are kept once it is known', async () => {
    const { world, projection, watch, problems } = createWorld();
    world.countUsers = async () => {
      throw new Error('away');
    };
    await watch.refresh();
    expect(watch.latest()).toMatchObject({ usersTotal: undefined, usersWithKeys: 1 });
    expect(problems).toHaveLength(1);
    expect(projection.snapshots.size).toBe(0);
    world.countUsers = async () => 4;
    await watch.refresh();
    expect(watch.latest()?.usersTotal).toBe(4);
    expect(projection.snapshots.size).toBe(1);
  });

  it('are unknown again when the database does not answer', async () => {
    const { world, watch, problems } = createWorld();
    await watch.refresh();
    world.count = async () => {
      throw new Error('away');
    };
    await watch.refresh();
    expect(watch.latest()).toBeUndefined();
    expect(problems).toHaveLength(1);
    await watch.stop();
  });
});
