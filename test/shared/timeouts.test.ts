import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerWithin, within } from '../../src/shared/timeouts.ts';

const late = () => new RangeError('out of time');
const never = () => new Promise<never>(() => undefined);
const inTime = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('work with a limit', () => {
  it('gives what the work comes to, and leaves no timer behind', async () => {
    const outcome = within(1_000, () => inTime(999, 'done'), late);
    await vi.advanceTimersByTimeAsync(999);
    expect(await outcome).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails as the work fails, also where it throws before it begins to wait, and leaves no timer behind', async () => {
    await expect(within(1_000, () => Promise.reject(new TypeError('broken')), late)).rejects.toThrow(TypeError);
    const throwing = () => {
      throw new TypeError('broken');
    };
    await expect(within(1_000, throwing, late)).rejects.toThrow(TypeError);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up with the error of the caller once the time is over, not before', async () => {
    const settled = vi.fn();
    const outcome = within(1_000, never, late).catch(settled);
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(settled).toHaveBeenCalledExactlyOnceWith(late());
  });

  it('that fails when nobody waits for it any more brings nothing down', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const outcome = within(10, () => inTime(20, undefined).then(() => Promise.reject(new Error('too late'))), late);
    const given = expect(outcome).rejects.toThrow('out of time');
    await vi.advanceTimersByTimeAsync(30);
    await given;
    vi.useRealTimers();
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([0, -1])('is not begun where %i ms are left', async (ms) => {
    const work = vi.fn(never);
    await expect(within(ms, work, late)).rejects.toThrow('out of time');
    expect(work).not.toHaveBeenCalled();
  });
});

describe('an answer in time, or none', () => {
  it('is the answer where there is one in time', async () => {
    expect(await answerWithin(1_000, async () => 42)).toBe(42);
  });

  it('is none where the work fails or takes longer', async () => {
    expect(await answerWithin(1_000, () => Promise.reject(new Error('broken')))).toBeUndefined();
    const outcome = answerWithin(1_000, never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a limit keeps the process alive unless it is told not to', () => {
  const module = new URL('../../src/shared/timeouts.ts', import.meta.url).href;
  const run = (options: string) => {
    const code = `
      const { answerWithin } = await import('${module}');
      answerWithin(200, () => new Promise(() => {})${options}).then(() => console.log('waited'));
    `;
    return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stdout;
  };
  expect(run('')).toBe('waited\n');
  expect(run(', { ref: false }')).toBe('');
});
