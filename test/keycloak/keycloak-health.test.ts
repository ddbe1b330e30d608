import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeycloakHealth, type KeycloakHealth, type Result } from '../../src/keycloak/health/keycloak-health.ts';
import type { OutageNews } from '../../src/keycloak/health/keycloak-outage.ts';

const OK: Result = { ok: true };
const failed = (outcome: string): Result => ({
  ok: false,
  failure: { status: undefined, outcome, what: `said ${outcome}`, body: undefined, own: false, retryAfter: undefined },
});

describe('the health of Keycloak', () => {
  let health: KeycloakHealth;
  let news: (Omit<OutageNews, 'cause'> & { cause: string })[];
  let probes: number;
  let answer: () => Promise<Result>;
  beforeEach(() => {
    vi.useFakeTimers();
    health = createKeycloakHealth();
    [news, probes, answer] = [[], 0, async () => OK];
    health.onNews((one) => news.push({ ...one, cause: one.cause.what }));
    health.probeWith(() => {
      probes += 1;
      return answer();
    });
  });
  afterEach(() => {
    health.close();
    expect(vi.getTimerCount(), 'timers left behind').toBe(0);
    vi.useRealTimers();
  });
  const fails = (outcome: string, afterMs = 0): void => {
    answer = () => new Promise((resolve) => setTimeout(() => resolve(failed(outcome)), afterMs));
  };

  it('tells of an outage once, of each other cause once, and of its end with how long it took', async () => {
    fails('timeout');
    void health.suspect();
    await vi.advanceTimersByTimeAsync(1);
    for (const cause of ['timeout', 'unreachable', 'timeout', 'unreachable', 'timeout', 'status_404']) {
      fails(cause);
      await vi.advanceTimersByTimeAsync(2_001);
      expect(health.cause()).toMatchObject({ outcome: cause });
    }
    answer = async () => OK;
    await vi.advanceTimersByTimeAsync(2_001);
    expect([health.state(), health.cause()]).toEqual(['closed', undefined]);
    expect(news).toEqual([
      { kind: 'began', cause: 'said timeout' },
      { kind: 'cause', cause: 'said unreachable' },
      { kind: 'cause', cause: 'said status_404' },
      { kind: 'over', cause: 'said status_404', seconds: 14 },
    ]);
    fails('timeout');
    await vi.advanceTimersByTimeAsync(600);
    void health.suspect();
    await vi.advanceTimersByTimeAsync(1);
    expect(news.at(-1)).toEqual({ kind: 'began', cause: 'said timeout' });
  });

  it('asks nobody while it is not watched', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes).toBe(0);
  });

  it.each([
    ['refuses connections', 'unreachable', 0],
    ['stands still', 'timeout', 2_000],
  ])('is known within about four seconds to be bad where an idle Keycloak %s', async (_name, outcome, afterMs) => {
    health.watch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([health.state(), news]).toEqual(['closed', []]);
    fails(outcome, afterMs);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(health.state()).not.toBe('closed');
    expect(news).toEqual([{ kind: 'began', cause: `said ${outcome}` }]);
  });

  it('is asked a little more than once a second while nobody calls, one at a time, and not while calls are answered', async () => {
    health.watch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes).toBeGreaterThan(60);
    expect(probes).toBeLessThan(95);
    probes = 0;
    for (let count = 0; count < 100; count += 1) {
      health.heard();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(probes).toBe(0);
  });

  it('is not bad for one slow probe', async () => {
    health.watch();
    let first = true;
    answer = () => {
      if (!first) return Promise.resolve(OK);
      first = false;
      return new Promise((resolve) => setTimeout(() => resolve(failed('timeout')), 2_000));
    };
    await vi.advanceTimersByTimeAsync(10_000);
    expect([health.state(), news]).toEqual(['closed', []]);
  });
});
