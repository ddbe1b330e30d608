// Waits as long as what is in front of Keycloak asks us to: with 429, and within reason.
import type { KeycloakFailure } from '../keycloak-failures.ts';

const LONGEST_SECONDS = 60;

export function createPause() {
  let paused: { readonly failure: KeycloakFailure; readonly until: number } | undefined;
  return {
    sees(failure: KeycloakFailure): void {
      if (failure.status !== 429 || failure.retryAfter === undefined) return;
      const seconds = Math.min(LONGEST_SECONDS, failure.retryAfter);
      paused = { failure, until: performance.now() + seconds * 1000 };
    },
    /** Why nothing is to be sent now. */
    failure(): KeycloakFailure | undefined {
      const leftMs = (paused?.until ?? 0) - performance.now();
      if (paused === undefined || leftMs <= 0) return undefined;
      return { ...paused.failure, status: undefined, outcome: 'asked_to_wait', retryAfter: Math.ceil(leftMs / 1000) };
    },
  };
}
