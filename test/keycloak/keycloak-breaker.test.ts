import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type BreakerState,
  createKeycloakBreaker,
  type KeycloakBreaker,
} from '../../src/keycloak/health/keycloak-breaker.ts';
import type { Result } from '../../src/keycloak/health/keycloak-health.ts';

const OK: Result = { ok: true };
const failed = (outcome: string, status?: number, own = false): Result => ({
  ok: false,
  failure: { status, outcome, what: `said ${outcome}`, body: undefined, own, retryAfter: undefined },
});
const READ = { timeoutMs: 5_000, repeatable: true };
const WRITE = { timeoutMs: 5_000, repeatable: false };

const OUTAGES: readonly (readonly [name: string, failure: Result])[] = [
  ['timeouts', failed('timeout')],
  ['refused connections', failed('unreachable')],
  ['broken connections', failed('cut_off')],
  ['errors of Keycloak’s', failed('status_500', 500, true)],
  ['a proxy without a Keycloak', failed('status_503', 503)],
  ['a proxy’s 404', failed('status_404', 404)],
  ['a proxy’s 403', failed('status_403', 403)],
  ['a proxy’s page', failed('garbage')],
  ['a refusal of our secret', failed('credentials_refused', undefined, true)],
];

describe('the breaker around Keycloak', () => {
  let breaker: KeycloakBreaker;
  let probes: PromiseWithResolvers<Result>[];
  /** What a probe answers at once; undefined: nothing until it is told. */
  let answer: Result | undefined;
  beforeEach(() => {
    vi.useFakeTimers();
    breaker = createKeycloakBreaker({ probeAfterMs: 2_000 });
    [probes, answer] = [[], undefined];
    breaker.probeWith(() => {
      const probe = Promise.withResolvers<Result>();
      probes.push(probe);
      if (answer !== undefined) probe.resolve(answer);
      return probe.promise;
    });
  });
  afterEach(() => {
    breaker.close();
    expect(vi.getTimerCount(), 'timers left behind').toBe(0);
    vi.useRealTimers();
  });
  const write = (result: Result) => breaker.run(async () => result, WRITE);
  const state = (): BreakerState => breaker.state();
  const breakIt = async (): Promise<void> => {
    answer = failed('timeout');
    // The last answered probe does not speak for Keycloak any more.
    await vi.advanceTimersByTimeAsync(600);
    await write(failed('timeout'));
    expect(state()).toBe('open');
    answer = undefined;
    probes.length = 0;
  };

  it.each(OUTAGES)('opens for %s where probes fail as well, and then asks nothing', async (_name, failure) => {
    answer = failure;
    expect(await write(failure)).toBe(failure);
    expect(state()).toBe('open');
    const attempt = vi.fn(async () => OK);
    expect(await breaker.run(attempt, WRITE)).toBeUndefined();
    expect(await breaker.run(attempt, READ)).toBeUndefined();
    expect(attempt).not.toHaveBeenCalled();
  });

  it.each(OUTAGES)('stays closed for %s where a probe is answered, however often', async (_name, failure) => {
    answer = OK;
    for (let count = 0; count < 20; count += 1) {
      const since = performance.now();
      const written = write(failure);
      await vi.advanceTimersByTimeAsync(250);
      expect(await written).toBe(failure);
      expect([state(), breaker.vouches(since)]).toEqual(['closed', true]);
    }
    expect(probes).toHaveLength(60);
  });

  it.each([
    ['status_404', 404],
    ['status_401', 401],
    ['status_403', 403],
    ['status_409', 409],
  ])('does not even ask where Keycloak itself answers %s', async (outcome, status) => {
    for (let count = 0; count < 20; count += 1) await write(failed(outcome, status, true));
    expect([state(), probes.length]).toEqual(['closed', 0]);
  });

  it('takes one answered probe of several for an answer', async () => {
    const written = write(failed('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    const [first, second, third] = probes;
    first?.resolve(failed('timeout'));
    second?.resolve(OK);
    expect(await written).toEqual(failed('timeout'));
    third?.resolve(failed('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect(state()).toBe('closed');
  });

  it('asks once for a thousand calls that fail together', async () => {
    const failures = Promise.all(Array.from({ length: 1_000 }, () => write(failed('status_500', 500, true))));
    await vi.advanceTimersByTimeAsync(0);
    expect(probes).toHaveLength(3);
    for (const probe of probes) probe.resolve(OK);
    await failures;
    expect([state(), probes.length]).toEqual(['closed', 3]);
  });

  it('believes no probe that was answered before the call began', async () => {
    answer = OK;
    await write(failed('cut_off'));
    answer = failed('unreachable');
    await vi.advanceTimersByTimeAsync(10);
    const since = performance.now();
    const written = write(failed('cut_off'));
    await vi.advanceTimersByTimeAsync(250);
    await written;
    expect([state(), breaker.vouches(since)]).toEqual(['open', false]);
  });

  it('waits for its probes no longer than the call may take', async () => {
    const since = performance.now();
    const written = write(failed('cut_off'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await written).toEqual(failed('cut_off'));
    expect(breaker.vouches(since)).toBe(false);
    for (const probe of probes) probe.resolve(OK);
  });

  it('finds out by one probe at a time whether Keycloak is back, while everybody else is refused', async () => {
    await breakIt();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(probes).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(200);
    expect([probes.length, state()]).toEqual([1, 'half_open']);
    const attempt = vi.fn(async () => OK);
    const refused = await Promise.all(Array.from({ length: 50 }, () => breaker.run(attempt, READ)));
    expect(refused).toEqual(Array(50).fill(undefined));
    expect([attempt.mock.calls.length, probes.length]).toEqual([0, 1]);

    probes[0]?.resolve(failed('timeout'));
    await vi.advanceTimersByTimeAsync(2_100);
    expect([probes.length, state()]).toEqual([2, 'half_open']);
    probes[1]?.resolve(OK);
    await vi.advanceTimersByTimeAsync(0);
    expect(await breaker.run(attempt, READ)).toBe(OK);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes).toHaveLength(2);
  });

  it('asks a read once more, within its time', async () => {
    const within: number[] = [];
    const answers = [failed('timeout'), OK];
    answer = OK;
    const read = breaker.run(async (ms) => {
      within.push(ms);
      const result = answers[within.length - 1] ?? OK;
      await new Promise((resolve) => setTimeout(resolve, ms));
      return result;
    }, READ);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await read).toBe(OK);
    expect(within[0]).toBe(2_000);
    expect(within[1]).toBeGreaterThan(2_000);
    expect((within[0] ?? 0) + (within[1] ?? 0)).toBeLessThanOrEqual(READ.timeoutMs);
  });

  it('asks a read no third time, and what Keycloak has answered not again', async () => {
    answer = OK;
    const failing = vi.fn(async () => failed('status_500', 500, true));
    const read = breaker.run(failing, READ);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await read).toEqual(failed('status_500', 500, true));
    expect(failing).toHaveBeenCalledTimes(2);
    const missing = vi.fn(async () => failed('status_404', 404, true));
    expect(await breaker.run(missing, READ)).toEqual(failed('status_404', 404, true));
    expect(missing).toHaveBeenCalledTimes(1);
  });

  it('never sends a write twice', async () => {
    answer = OK;
    const attempt = vi.fn(async (_withinMs: number) => failed('cut_off'));
    expect(await breaker.run(attempt, WRITE)).toEqual(failed('cut_off'));
    expect(attempt.mock.calls).toEqual([[5_000]]);
  });

  it.each([
    ['opens while they still wait where nothing is answered', failed('timeout'), 'open'],
    ['stays closed where others are answered', OK, 'closed'],
  ])('looks for itself when a call hangs: %s', async (_name, result, after) => {
    const hanging = Promise.withResolvers<Result>();
    const writes = [1, 2].map(() => breaker.run(() => hanging.promise, WRITE));
    await vi.advanceTimersByTimeAsync(1_400);
    expect(probes).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(probes).toHaveLength(3);
    for (const probe of probes) probe.resolve(result);
    await vi.advanceTimersByTimeAsync(0);
    expect(state()).toBe(after);
    hanging.resolve(OK);
    expect(await Promise.all(writes)).toEqual([OK, OK]);
  });

  it('closes when Keycloak is back, also where the clock was set back meanwhile', async () => {
    await breakIt();
    vi.setSystemTime(Date.now() - 3_600_000);
    for (const [result, after] of [[failed('timeout'), 'open'] as const, [OK, 'closed'] as const]) {
      await vi.advanceTimersByTimeAsync(2_100);
      probes.at(-1)?.resolve(result);
      await vi.advanceTimersByTimeAsync(0);
      expect(state()).toBe(after);
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
