import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPeriodic } from '../../src/shared/periodic.ts';

/** Work that takes its time and notes when it began. */
function work(takesMs = 0) {
  const began: number[] = [];
  const zero = Date.now();
  let running = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    began.push(Date.now() - zero);
    running += 1;
    most = Math.max(most, running);
    if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    running -= 1;
  };
  return { run, began, most: () => most, isRunning: () => running > 0 };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the rhythm', () => {
  it('from beginning to beginning does not depend on how long a run takes', async () => {
    const { run, began } = work(40);
    const periodic = createPeriodic({ run, rhythm: { everyMs: 100 } });
    periodic.start();
    await pass(350);
    expect(began).toEqual([100, 200, 300]);
    await periodic.stop();
  });

  it('from beginning to beginning leaves out what would fall into a run', async () => {
    const { run, began, most } = work(250);
    const periodic = createPeriodic({ run, rhythm: { everyMs: 100 } });
    periodic.start();
    await pass(750);
    expect([began, most()]).toEqual([[100, 400, 700], 1]);
    const stopped = periodic.stop();
    await pass(250);
    await stopped;
  });

  it('from end to beginning waits for the end', async () => {
    const { run, began, most } = work(250);
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 100 } });
    periodic.start();
    await pass(1_100);
    expect([began, most()]).toEqual([[100, 450, 800], 1]);
    await periodic.stop();
  });

  it('may begin sooner or later than it goes on', async () => {
    const { run, began } = work();
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 1_000 }, firstMs: 50 });
    periodic.start();
    await pass(2_100);
    expect(began).toEqual([50, 1_050, 2_050]);
    await periodic.stop();
  });

  it.each([
    [0, 500],
    [0.25, 750],
    [0.5, 1_000],
    [0.75, 1_250],
  ])('with jitter differs from wait to wait, the first included (%d)', async (random, ms) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const { run, began } = work();
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 1_000 }, jitter: 0.5 });
    periodic.start();
    await pass(2 * ms);
    expect(began).toEqual([ms, 2 * ms]);
    await periodic.stop();
  });

  it('is one, however often it is started', async () => {
    const { run, began } = work();
    const periodic = createPeriodic({ run, rhythm: { everyMs: 100 } });
    periodic.start();
    await pass(50);
    periodic.start();
    await pass(100);
    expect(began).toEqual([100]);
    expect(vi.getTimerCount()).toBe(1);
    await periodic.stop();
  });
});

describe('a run out of turn', () => {
  it('begins at once and changes nothing of the rhythm', async () => {
    const { run, began } = work(10);
    const periodic = createPeriodic({ run, rhythm: { everyMs: 100 } });
    periodic.start();
    const first = periodic.runNow();
    await pass(10);
    await first;
    await pass(190);
    expect(began).toEqual([0, 100, 200]);
    const stopped = periodic.stop();
    await pass(10);
    await stopped;
  });

  it('is the run under way, where there is one', async () => {
    const { run, began, most } = work(50);
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 100 } });
    periodic.start();
    await pass(120);
    const [one, other] = [periodic.runNow(), periodic.runNow()];
    await pass(30);
    await Promise.all([one, other]);
    expect([began, most()]).toEqual([[100], 1]);
    await periodic.stop();
  });

  it('goes without being started, and after a stop', async () => {
    const { run, began } = work();
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 100 } });
    for (const _ of [1, 2]) {
      const ran = periodic.runNow();
      await pass(0);
      await ran;
      await periodic.stop();
    }
    await pass(1_000);
    expect(began).toHaveLength(2);
  });
});

describe('a run that fails', () => {
  it.each([
    ['at once', () => Promise.reject(new Error('broken'))],
    [
      'before it begins to wait',
      () => {
        throw new Error('broken');
      },
    ],
  ])('%s is told of, and the next one comes in its turn', async (_, run) => {
    for (const rhythm of [{ everyMs: 100 }, { pauseMs: 100 }]) {
      const onError = vi.fn();
      const periodic = createPeriodic({ run, rhythm, onError });
      periodic.start();
      await periodic.runNow();
      await pass(250);
      expect(onError.mock.calls).toEqual([[new Error('broken')], [new Error('broken')], [new Error('broken')]]);
      await periodic.stop();
    }
  });

  it('fails for the one who asked for it where nobody is told, and not for the one who stops it', async () => {
    const run = () => Promise.reject(new Error('broken'));
    const periodic = createPeriodic({ run, rhythm: { everyMs: 100 } });
    const [ran, stopped] = [periodic.runNow(), periodic.stop()];
    await expect(ran).rejects.toThrow('broken');
    await expect(stopped).resolves.toBeUndefined();
  });
});

describe('the stop', () => {
  it.each([{ everyMs: 100 }, { pauseMs: 100 }])(
    'waits for the run under way, after which none comes (%o)',
    async (rhythm) => {
      const { run, began, isRunning } = work(50);
      const periodic = createPeriodic({ run, rhythm });
      periodic.start();
      await pass(120);
      const stopped = periodic.stop().then(isRunning);
      expect(isRunning()).toBe(true);
      await pass(30);
      expect(await stopped).toBe(false);
      await periodic.stop();
      await pass(1_000);
      expect(began).toEqual([100]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it.each([{ everyMs: 100 }, { pauseMs: 100 }])('may come from the run itself (%o)', async (rhythm) => {
    const run = vi.fn(async () => {
      if (run.mock.calls.length === 2) void periodic.stop();
    });
    const periodic = createPeriodic({ run, rhythm });
    periodic.start();
    await pass(1_000);
    expect(run).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not the end: it may be started again, also while the last run is still under way', async () => {
    const { run, began } = work(50);
    const periodic = createPeriodic({ run, rhythm: { pauseMs: 100 } });
    periodic.start();
    await pass(120);
    void periodic.stop();
    periodic.start();
    await pass(200);
    expect(began).toEqual([100, 250]);
    const stopped = periodic.stop();
    await pass(50);
    await stopped;
  });
});

it('keeps no process alive', () => {
  const module = new URL('../../src/shared/periodic.ts', import.meta.url).href;
  const code = `
    const { createPeriodic } = await import('${module}');
    createPeriodic({ run: () => console.log('ran'), rhythm: { everyMs: 10_000 } }).start();
  `;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  expect([stdout, status]).toEqual(['', 0]);
});
