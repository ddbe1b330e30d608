// A circuit breaker around Keycloak's admin API: when calls fail in a row, the next ones fail at once instead of waiting,
// and one call of our own in a while finds out whether it is back. Reads get a second attempt, writes never.
// A call that hangs is not waited for: calls of our own find out whether it is Keycloak that hangs.
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleWhenResult,
  retry,
} from 'cockatiel';
import { createPeriodic } from '../shared/periodic.ts';
import type { KeycloakFailure } from './keycloak-failures.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

type Result = { readonly ok: true } | { readonly ok: false; readonly failure: KeycloakFailure };

export interface KeycloakBreaker {
  state(): BreakerState;
  onStateChange(listener: (state: BreakerState) => void): void;
  /**
   * Runs the attempt, once more where it is repeatable and the first one was a failure of Keycloak's or of the network.
   * @param attempt told how many milliseconds it may take.
   * @returns undefined where nothing was sent, because the breaker is open.
   */
  run<R extends Result>(
    attempt: (withinMs: number) => Promise<R>,
    limits: { readonly timeoutMs: number; readonly repeatable: boolean },
  ): Promise<R | undefined>;
  /** Where to ask whether Keycloak is back. Until then, the next call finds out. */
  probeWith(probe: () => Promise<Result>): void;
  close(): void;
}

interface BreakerOptions {
  /** How many failures in a row open it. */
  readonly failures?: number;
  /** From opening to the next probe. */
  readonly probeAfterMs?: number;
}

/** A read that is not answered by then is asked again, on another connection. */
const FIRST_ATTEMPT_MS = 2_000;
const PAUSE_MS = 100;
/** A call that is not answered by then makes us ask whether anything is. */
const SUSPECT_MS = 1_500;
const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

export function createKeycloakBreaker({ failures = 3, probeAfterMs = 2_000 }: BreakerOptions = {}): KeycloakBreaker {
  const outage = handleWhenResult((result) => isOutage(result as Result | undefined));
  const circuit = circuitBreaker(outage, { halfOpenAfter: probeAfterMs, breaker: new ConsecutiveBreaker(failures) });
  const again = retry(outage, { maxAttempts: 1, backoff: new ConstantBackoff(PAUSE_MS) });
  let probe: (() => Promise<Result>) | undefined;
  let suspecting = false;

  const guarded = async <R extends Result>(attempt: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await circuit.execute(attempt);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return undefined;
      throw error;
    }
  };
  /** As many probes as it takes to open it, at once: each that is answered speaks for Keycloak. */
  const suspect = (): void => {
    const ask = probe;
    if (ask === undefined || suspecting || circuit.state !== CircuitState.Closed) return;
    suspecting = true;
    const asked = Array.from({ length: failures }, () => guarded(ask).catch(() => undefined));
    void Promise.all(asked).then(() => {
      suspecting = false;
    });
  };
  const watched = async <R extends Result>(attempt: () => Promise<R>): Promise<R> => {
    const late = setTimeout(suspect, SUSPECT_MS).unref();
    try {
      return await attempt();
    } finally {
      clearTimeout(late);
    }
  };
  const askOnce = async (ask: () => Promise<Result>): Promise<void> => {
    const result = await guarded(ask).catch(() => undefined);
    if (result !== undefined || circuit.state === CircuitState.Closed) return;
    // The circuit goes by the wall clock, and that was set back: it would stay open until then. We ask all the same.
    const direct = await ask().catch(() => undefined);
    if (direct !== undefined && !isOutage(direct)) circuit.isolate().dispose();
  };
  const asking = createPeriodic({
    run: async () => {
      if (probe !== undefined) await askOnce(probe);
      if (probe === undefined || circuit.state === CircuitState.Closed) void asking.stop();
    },
    // A little later than the circuit allows.
    rhythm: { pauseMs: probeAfterMs + 50 },
  });
  circuit.onBreak(asking.start);
  /** Only our own probe goes through while the circuit is not closed: nobody else waits for its outcome. */
  const isShut = (): boolean => circuit.state !== CircuitState.Closed && probe !== undefined;

  return {
    state: () => STATES[circuit.state],
    onStateChange: (listener) => void circuit.onStateChange((state) => listener(STATES[state])),
    async run(attempt, { timeoutMs, repeatable }) {
      if (isShut()) return undefined;
      if (!repeatable) return await guarded(() => watched(() => attempt(timeoutMs)));
      const until = performance.now() + timeoutMs;
      let first = true;
      return await again.execute(async () => {
        const remainingMs = until - performance.now();
        const withinMs = first ? Math.min(FIRST_ATTEMPT_MS, remainingMs / 2) : remainingMs;
        first = false;
        return isShut() ? undefined : await guarded(() => watched(() => attempt(withinMs)));
      });
    },
    probeWith(next) {
      probe = next;
    },
    close() {
      void asking.stop();
      probe = undefined;
    },
  };
}

/** Failures that say something of Keycloak's health: not what it answers to one question, such as 404. */
function isOutage(result: Result | undefined): boolean {
  if (result === undefined || result.ok) return false;
  const { status, outcome } = result.failure;
  return status === undefined ? /^(?:timeout|unreachable|cut_off)$/.test(outcome) : status >= 500;
}
