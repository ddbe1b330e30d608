import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createReadiness } from '../../src/users/readiness.ts';

const UNREACHABLE = new ByokError('directory_unavailable', { reason: 'connection refused' });
const MISCONFIGURED = new ByokError('directory_misconfigured', { reason: 'the realm drops byok_openai_key' });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount(), 'timers left behind').toBe(0);
  vi.useRealTimers();
});

/** A directory whose checks end one after the other as listed; the last one goes on. */
function over(...outcomes: readonly ('ok' | Error)[]) {
  const events: string[] = [];
  let checks = 0;
  const check = async (): Promise<void> => {
    const outcome = outcomes[Math.min(checks, outcomes.length - 1)];
    checks += 1;
    if (outcome instanceof Error) throw outcome;
  };
  const readiness = createReadiness({
    directory: { check },
    retryMs: 1000,
    onNotReady: (error) => events.push(error instanceof Error ? error.message : 'unknown'),
    onReady: (seconds) => events.push(seconds === 0 ? 'ready' : `ready after ${seconds} s`),
  });
  return { readiness, events, checks: () => checks };
}

describe('readiness', () => {
  it('takes no writes before it was started', () => {
    const { readiness } = over('ok');
    expect(readiness.state()).toBe('starting');
    expect(() => readiness.assertWritable()).toThrow(
      expect.objectContaining({ code: 'not_ready', status: 503, retryAfter: 5 }),
    );
  });

  it('is there after one good check, and checks no more', async () => {
    const { readiness, events, checks } = over('ok');
    await readiness.start();
    expect(() => readiness.assertWritable()).not.toThrow();
    expect([readiness.state(), readiness.reason(), events]).toEqual(['ready', undefined, ['ready']]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(checks()).toBe(1);
  });

  it('starts without it where the directory cannot be reached, tries again, and comes by itself', async () => {
    const { readiness, events, checks } = over(UNREACHABLE, new Error('timed out'), UNREACHABLE, 'ok');
    await readiness.start();
    expect([readiness.state(), readiness.reason()]).toEqual(['starting', 'connection refused']);
    expect(() => readiness.assertWritable()).toThrow(expect.objectContaining({ code: 'not_ready' }));
    await vi.advanceTimersByTimeAsync(999);
    expect(checks()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([checks(), readiness.reason()]).toEqual([2, 'timed out']);
    await vi.advanceTimersByTimeAsync(2000);
    expect([readiness.state(), readiness.reason(), checks()]).toEqual(['ready', undefined, 4]);
    expect(() => readiness.assertWritable()).not.toThrow();
    expect(events).toEqual(['connection refused', 'timed out', 'ready after 3 s']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(checks()).toBe(4);
  });

  it('says each reason once, however long it waits', async () => {
    const { readiness, events, checks } = over(UNREACHABLE);
    await readiness.start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(checks()).toBeGreaterThan(100);
    expect([events, readiness.reason()]).toEqual([['connection refused'], 'connection refused']);
    readiness.stop();
  });

  it('stops the start where the directory would lose keys', async () => {
    const { readiness, events } = over(MISCONFIGURED);
    await expect(readiness.start()).rejects.toBe(MISCONFIGURED);
    expect(events).toEqual(['the realm drops byok_openai_key']);
    expect(() => readiness.assertWritable()).toThrow(expect.objectContaining({ code: 'not_ready' }));
  });

  it('does not come while a directory that was out of reach turns out to lose keys', async () => {
    const { readiness, events } = over(UNREACHABLE, MISCONFIGURED, MISCONFIGURED, 'ok');
    await readiness.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(readiness.state()).toBe('starting');
    expect(readiness.reason()).toBe('the realm drops byok_openai_key');
    await vi.advanceTimersByTimeAsync(1000);
    expect(readiness.state()).toBe('ready');
    expect(events).toEqual(['connection refused', 'the realm drops byok_openai_key', 'ready after 3 s']);
  });
});

describe('stopping', () => {
  it('is told at once, and refuses no write that has arrived', async () => {
    const { readiness } = over('ok');
    await readiness.start();
    readiness.stop();
    readiness.stop();
    expect(readiness.state()).toBe('stopping');
    expect(() => readiness.assertWritable()).not.toThrow();
  });

  it('takes no write where the directory was never ready', async () => {
    const { readiness } = over(UNREACHABLE);
    await readiness.start();
    readiness.stop();
    expect(() => readiness.assertWritable()).toThrow(expect.objectContaining({ code: 'not_ready' }));
  });

  it('ends the checks', async () => {
    const { readiness, checks } = over(UNREACHABLE, 'ok');
    await readiness.start();
    readiness.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([readiness.state(), checks()]).toEqual(['stopping', 1]);
  });

  it.each([
    ['succeeds', undefined],
    ['fails', UNREACHABLE],
  ])('during the first check is final, also when that %s: no word, no timer', async (_, outcome) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const events: string[] = [];
    const readiness = createReadiness({
      directory: { check: () => promise },
      retryMs: 1000,
      onNotReady: () => events.push('not ready'),
      onReady: () => events.push('ready'),
    });
    const started = readiness.start();
    readiness.stop();
    if (outcome === undefined) resolve();
    else reject(outcome);
    await started;
    expect([readiness.state(), events, vi.getTimerCount()]).toEqual(['stopping', [], 0]);
  });

  it('during a later check is final as well', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const outcomes = [Promise.reject(UNREACHABLE), promise];
    const events: string[] = [];
    const readiness = createReadiness({
      directory: { check: () => outcomes.shift() ?? Promise.resolve() },
      retryMs: 1000,
      onNotReady: () => events.push('not ready'),
      onReady: () => events.push('ready'),
    });
    await readiness.start();
    await vi.advanceTimersByTimeAsync(1000);
    readiness.stop();
    reject(UNREACHABLE);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([readiness.state(), events, outcomes]).toEqual(['stopping', ['not ready'], []]);
  });
});
