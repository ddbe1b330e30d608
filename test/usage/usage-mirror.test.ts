import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createUsageMirror } from '../../src/usage/usage-mirror.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';

const DAY = '2026-11-22';

describe('the copy of counts to the users', () => {
  let world: ReturnType<typeof createKeyWorld>;
  let other: string;
  let pending: { userId: string; day: string; used: number }[];
  let errors: unknown[];
  beforeEach(() => {
    world = createKeyWorld();
    other = world.directory.seed({ username: 'bob', email: 'bob@example.com' });
    pending = [
      { userId: world.userId, day: DAY, used: 42 },
      { userId: 'deleted', day: DAY, used: 1 },
      { userId: other, day: DAY, used: 7 },
    ];
    errors = [];
  });
  const mirror = (everyMs = 3_600_000) =>
    createUsageMirror({
      store: {
        claimForMirror: async (day) => (day === DAY ? pending.shift() : undefined),
        releaseClaim: async (userId) => void pending.push({ userId, day: DAY, used: 0 }),
      },
      directory: world.directory,
      writes: world.writes,
      everyMs,
      pauseMs: 1,
      onError: (error) => errors.push(error),
      now: () => new Date(`${DAY}T12:00:00Z`),
    });

  it('writes each count in the user’s write section, beside what others write', async () => {
    const adding = world.add('openai', 'sk-0123456789');
    expect(await mirror().run()).toBe(3);
    await adding;
    expect(world.directory.attributes(world.userId)).toMatchObject({
      api_calls_used: ['42'],
      api_calls_reset_date: [DAY],
      department: ['Engines'],
      byok_openai_label: ['OpenAI Key'],
    });
    expect(world.directory.attributes(other)).toEqual({ api_calls_used: ['7'], api_calls_reset_date: [DAY] });
    expect(await world.cache.get(other)).toMatchObject({ apiCalls: { used: 7, day: DAY } });
    expect(world.directory.openSections()).toBe(0);
  });

  it('goes on with the next user where one cannot be written', async () => {
    world.directory.onStep = (step, user) => {
      if (step === 'write' && user === world.userId) throw new ByokError('write_conflict');
    };
    expect(await mirror().run()).toBe(2);
    expect(errors).toMatchObject([{ code: 'write_conflict' }]);
    expect(world.directory.attributes(other).api_calls_used).toEqual(['7']);
  });

  it('leaves everybody for the next time while the directory is away', async () => {
    world.directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
    expect(await mirror().run()).toBe(0);
    expect(pending.map(({ userId }) => userId)).toEqual(['deleted', other, world.userId]);
  });

  it('runs by itself once started, and no more once stopped', async () => {
    const running = mirror(10);
    running.start();
    await vi.waitFor(() => expect(world.directory.attributes(other).api_calls_used).toEqual(['7']), 10_000);
    await running.stop();
    await running.stop();
    pending.push({ userId: other, day: DAY, used: 8 });
    expect(await running.run()).toBe(0);
    expect(pending).toHaveLength(1);
  });
});
