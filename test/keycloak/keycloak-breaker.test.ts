import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerState, createKeycloakBreaker, type KeycloakBreaker } from '../../src/keycloak/keycloak-breaker.ts';
import type { KeycloakFailure } from '../../src/keycloak/keycloak-failures.ts';

type Result = { readonly ok: true } | { readonly ok: false; readonly failure: KeycloakFailure };

const OK: Result = { ok: true };
const failed = (outcome: string, status?: number): Result => ({
  ok: false,
  failure: { status, outcome, what: 'failed', body: undefined },
});
const READ = { timeoutMs: 5_000, repeatable: true };
const WRITE = { timeoutMs: 5_000, repeatable: false };

describe('the breaker around Keycloak', () => {
  let breaker: KeycloakBreaker;
  let states: BreakerState[];
  let probes: PromiseWithResolvers<Result>[];
  beforeEach(() => {
    vi.useFakeTimers();
    breaker = createKeycloakBreaker({ failures: 3, probeAfterMs: 2_000 });
    states = [];
    probes = [];
    breaker.onStateChange((state) => states.push(state));
    breaker.probeWith(() => {
      const probe = Promise.withResolvers<Result>();
      probes.push(probe);
      return probe.promise;
    });
  });
  afterEach(() => {
    breaker.close();
    vi.useRealTimers();
  });
  const write = (result: Result) => breaker.run(async () => result, WRITE);
  const breakIt = async (): Promise<void> => {
    for (let count = 0; count < 3; count += 1) await write(failed('timeout'));
    expect(breaker.state()).toBe('open');
  };

  it.each([
    ['timeouts', failed('timeout')],
    ['refused connections', failed('unreachable')],
    ['broken connections', failed('cut_off')],
    ['errors of Keycloak’s', failed('status_500', 500)],
    ['a proxy without a Keycloak', failed('status_503', 503)],
  ])('opens after three %s in a row, and then asks nothing', async (_name, failure) => {
    await write(failure);
    await write(failure);
    expect(breaker.state()).toBe('closed');
    expect(await write(failure)).toBe(failure);
    expect(breaker.state()).toBe('open');
    const attempt = vi.fn(async () => OK);
    expect(await breaker.run(attempt, WRITE)).toBeUndefined();
    expect(await breaker.run(attempt, READ)).toBeUndefined();
    expect(attempt).not.toHaveBeenCalled();
  });

  it.each([
    ['status_404', 404],
    ['status_401', 401],
    ['status_409', 409],
    ['status_429', 429],
    ['credentials_refused', undefined],
    ['garbage', undefined],
  ])('does not open for %s', async (outcome, status) => {
    for (let count = 0; count < 20; count += 1) await write(failed(outcome, status));
    expect(breaker.state()).toBe('closed');
  });

  it('counts failures in a row only', async () => {
    for (let count = 0; count < 20; count += 1) {
      await write(failed('timeout'));
      await write(failed('timeout'));
      await write(OK);
    }
    expect(breaker.state()).toBe('closed');
  });

  it('finds out by one probe at a time whether Keycloak is back, while everybody else is refused', async () => {
    await breakIt();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(probes).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(200);
    expect([probes.length, breaker.state()]).toEqual([1, 'half_open']);
    const attempt = vi.fn(async () => OK);
    const refused = await Promise.all(Array.from({ length: 50 }, () => breaker.run(attempt, READ)));
    expect(refused).toEqual(Array(50).fill(undefined));
    expect([attempt.mock.calls.length, probes.length]).toEqual([0, 1]);

    probes[0]?.resolve(failed('timeout'));
    await vi.advanceTimersByTimeAsync(2_100);
    expect([probes.length, breaker.state()]).toEqual([2, 'half_open']);
    probes[1]?.resolve(OK);
    await vi.advanceTimersByTimeAsync(0);
    expect(await breaker.run(attempt, READ)).toBe(OK);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes).toHaveLength(2);
  });

  it('asks a read once more, within its time', async () => {
    const within: number[] = [];
    const answers = [failed('timeout'), OK];
    const read = breaker.run(async (ms) => {
      within.push(ms);
      const answer = answers[within.length - 1] ?? OK;
      await new Promise((resolve) => setTimeout(resolve, ms));
      return answer;
    }, READ);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await read).toBe(OK);
    expect(within[0]).toBe(2_000);
    expect(within[1]).toBeGreaterThan(2_000);
    expect((within[0] ?? 0) + (within[1] ?? 0)).toBeLessThanOrEqual(READ.timeoutMs);
  });

  it('asks a read no third time, and what Keycloak has answered not again', async () => {
    const failing = vi.fn(async () => failed('status_500', 500));
    const read = breaker.run(failing, READ);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await read).toEqual(failed('status_500', 500));
    expect(failing).toHaveBeenCalledTimes(2);
    const missing = vi.fn(async () => failed('status_404', 404));
    expect(await breaker.run(missing, READ)).toEqual(failed('status_404', 404));
    expect(missing).toHaveBeenCalledTimes(1);
  });

  it('never sends a write twice', async () => {
    const attempt = vi.fn(async (_withinMs: number) => failed('cut_off'));
    expect(await breaker.run(attempt, WRITE)).toEqual(failed('cut_off'));
    expect(attempt.mock.calls).toEqual([[5_000]]);
  });

  it.each([
    ['opens while they still wait where nothing is answered', failed('timeout'), 'open'],
    ['stays closed where others are answered', OK, 'closed'],
  ])('looks for itself when a call hangs: %s', async (_name, answer, state) => {
    const hanging = Promise.withResolvers<Result>();
    const writes = [1, 2].map(() => breaker.run(() => hanging.promise, WRITE));
    await vi.advanceTimersByTimeAsync(1_400);
    expect(probes).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(probes).toHaveLength(3);
    for (const probe of probes) probe.resolve(answer);
    await vi.advanceTimersByTimeAsync(0);
    expect(breaker.state()).toBe(state);
    hanging.resolve(OK);
    expect(await Promise.all(writes)).toEqual([OK, OK]);
  });

  it('closes when Keycloak is back, also where the clock was set back meanwhile', async () => {
    await breakIt();
    vi.setSystemTime(Date.now() - 3_600_000);
    for (let round = 0; round < 3; round += 1) {
      await vi.advanceTimersByTimeAsync(2_100);
      for (const probe of probes) probe.resolve(round < 2 ? failed('timeout') : OK);
      await vi.advanceTimersByTimeAsync(0);
      expect(breaker.state()).toBe(round < 2 ? 'open' : 'closed');
    }
    expect(await write(OK)).toBe(OK);
  });

  it('asks no more once it is closed', async () => {
    await breakIt();
    breaker.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(probes).toHaveLength(0);
  });
});
