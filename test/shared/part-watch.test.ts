import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPartWatch } from '../../src/shared/part-watch.ts';

describe('a part that is watched', () => {
  let attempts = 0;
  let attempt: () => Promise<void>;
  const told: string[] = [];
  const watched = () => {
    const watch = createPartWatch({
      attempt: () => {
        attempts += 1;
        return attempt();
      },
      faultOf: (error) => ({ word: (error as Error).message.split(' ')[0] ?? '', advice: '', lasting: false }),
      onFault: ({ word }) => void told.push(word),
      onRecovered: () => void told.push('recovered'),
    });
    watch.start();
    return watch;
  };
  const fails = (word: string) => async (): Promise<void> => {
    throw new Error(word);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    attempts = 0;
    told.length = 0;
    attempt = async () => undefined;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is tried every five seconds, and questions do not add to that', async () => {
    const watch = watched();
    for (let asked = 0; asked < 100; asked += 1) expect(watch.fault()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(attempts).toBe(4);
  });

  it('says each fault once, the next one when it is another, and that it is over', async () => {
    const watch = watched();
    attempt = fails('full');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(watch.fault()?.word).toBe('full');
    attempt = fails('read_only');
    await vi.advanceTimersByTimeAsync(10_000);
    attempt = async () => undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual(['full', 'read_only', 'recovered']);
    expect(watch.fault()).toBeUndefined();
  });

  it('that does not answer is a fault too, and is not tried twice at once', async () => {
    attempt = () => new Promise(() => undefined);
    const watch = watched();
    await vi.advanceTimersByTimeAsync(12_900);
    expect([attempts, told]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(200);
    expect([watch.fault()?.word, told]).toEqual(['no', ['no']]);
  });

  it('can be looked at now, and is left alone once it has stopped', async () => {
    const watch = watched();
    attempt = fails('full');
    expect((await watch.look())?.word).toBe('full');
    watch.stop();
    attempt = fails('read_only');
    await vi.advanceTimersByTimeAsync(20_000);
    expect([attempts, told]).toEqual([1, ['full']]);
  });
});
