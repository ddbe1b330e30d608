// A circuit breaker around Keycloak's admin API: while Keycloak is away, calls fail at once instead of waiting.
// Reads get a second attempt, writes never. A call that fails or hangs is a reason to find out whether Keycloak works:
// it says nothing for anybody else.
import type { BreakerState } from '../../shared/metrics.ts';
import { answerWithin } from '../../shared/timeouts.ts';
import { isNoSuchUser } from '../keycloak-failures.ts';
import {
  createKeycloakHealth,
  type HealthOptions,
  type KeycloakHealth,
  outageOf,
  type Result,
  unlessLate,
} from './keycloak-health.ts';

export type { BreakerState };

export interface KeycloakBreaker
  extends Pick<KeycloakHealth, 'state' | 'cause' | 'onNews' | 'vouches' | 'probeWith' | 'watch' | 'close'> {
  /**
   * Runs the attempt, once more where it is repeatable and the first one was a failure of Keycloak's or of the network.
   * After such a failure it waits, within the time of the call, until it is known whether Keycloak works.
   * @param attempt told how many milliseconds it may take.
   * @returns undefined where nothing was sent, because the breaker is open.
   */
  run<R extends Result>(
    attempt: (withinMs: number) => Promise<R>,
    limits: { readonly timeoutMs: number; readonly repeatable: boolean },
  ): Promise<R | undefined>;
}

/** A read that is not answered by then is asked again, on another connection. */
const FIRST_ATTEMPT_MS = 2_000;
const PAUSE_MS = 100;
/** A call that is not answered by then makes us ask whether anything is. */
const SUSPECT_MS = 1_500;

export function createKeycloakBreaker(options: HealthOptions = {}): KeycloakBreaker {
  const health = createKeycloakHealth(options);
  const isOpen = (): boolean => health.state() !== 'closed';

  return {
    ...health,
    async run(attempt, { timeoutMs, repeatable }) {
      const until = performance.now() + timeoutMs;
      const once = async (withinMs: number) => {
        const began = performance.now();
        const result = await unlessLate(
          SUSPECT_MS,
          () => attempt(withinMs),
          () => health.suspect(),
        );
        const failed = outageOf(result) !== undefined;
        if (result.ok || isNoSuchUser(result.failure)) health.heard();
        return { result, failed, began };
      };
      if (isOpen()) return undefined;
      let last = await once(repeatable ? Math.min(FIRST_ATTEMPT_MS, timeoutMs / 2) : timeoutMs);
      if (repeatable && last.failed) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        if (isOpen()) return undefined;
        last = await once(until - performance.now());
      }
      if (!last.failed) return last.result;
      const verdict = health.suspect(last.began);
      await answerWithin(until - performance.now(), () => verdict);
      return last.result;
    },
  };
}
