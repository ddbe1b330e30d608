// Whether Keycloak works, by probes of our own alone: they depend on nobody's input. Failed calls and silence are
// reasons to ask, not answers.
import type { BreakerState } from '../../shared/metrics.ts';
import { createPeriodic } from '../../shared/periodic.ts';
import { getsNoToken, type KeycloakFailure } from '../keycloak-failures.ts';
import { createOutage } from './keycloak-outage.ts';

export type Result = { readonly ok: true } | { readonly ok: false; readonly failure: KeycloakFailure };
export type Probe = () => Promise<Result>;

export interface HealthOptions {
  /** From finding that it is away to the next probe. */
  readonly probeAfterMs?: number;
  /** After so long without an answer it is asked, from `watch` on. */
  readonly idleMs?: number;
}

/** As many probes at once: one that is answered speaks for Keycloak, and a single lost one against nobody. */
const PROBES = 3;
/** From one round of them to the next: a storm of failures is not one of probes. */
const ROUND_MS = 250;
/** When a probe of an idle service is not answered by then, others are sent. */
const LATE_MS = 1_000;
/** So that replicas do not ask together. */
const JITTER = 0.2;

export type KeycloakHealth = ReturnType<typeof createKeycloakHealth>;

export function createKeycloakHealth({ probeAfterMs = 2_000, idleMs = 800 }: HealthOptions = {}) {
  const outage = createOutage();
  let state: BreakerState = 'closed';
  let probe: Probe | undefined;
  let round: Promise<void> | undefined;
  let vouchedAt = Number.NEGATIVE_INFINITY;
  let heardAt = Number.NEGATIVE_INFINITY;
  let roundAt = Number.NEGATIVE_INFINITY;

  /** One probe. @returns why Keycloak does not work, or undefined. */
  const ask = async (): Promise<KeycloakFailure | undefined> => {
    const askedAt = performance.now();
    const result = await probe?.();
    // A probe has one answer. Another one, such as that we may not ask, will be the answer to everything.
    if (result?.ok === false) return result.failure;
    vouchedAt = Math.max(vouchedAt, askedAt);
    heardAt = performance.now();
    return undefined;
  };
  /** Known as soon as one is answered, or none of them was. */
  const decide = async (): Promise<void> => {
    const answered = Promise.withResolvers<void>();
    const asked = Array.from({ length: PROBES }, async () => {
      const failure = await ask();
      if (failure === undefined) answered.resolve();
      return failure;
    });
    const all = Promise.all(asked).then((failures) => {
      const [failure] = failures;
      if (failure !== undefined && !failures.includes(undefined)) isAway(failure);
    });
    await Promise.race([answered.promise, all]);
  };
  const nextRound = async (): Promise<void> => {
    const pauseMs = roundAt + ROUND_MS - performance.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    roundAt = performance.now();
    await decide();
  };
  /** Resolves when it is known whether Keycloak works, by probes that were sent since then; calls that fail together share them. */
  const suspect = async (since = performance.now()): Promise<void> => {
    while (probe !== undefined && state === 'closed' && vouchedAt < since) {
      round ??= nextRound().finally(() => {
        round = undefined;
      });
      await round;
    }
  };
  const isAway = (failure: KeycloakFailure): void => {
    if (probe === undefined) return;
    state = 'open';
    outage.sees(failure);
    returning.start();
  };
  const returning = createPeriodic({
    run: async () => {
      state = 'half_open';
      const failure = await ask();
      if (failure !== undefined) return isAway(failure);
      state = 'closed';
      void returning.stop();
      outage.ends();
    },
    rhythm: { pauseMs: probeAfterMs },
  });
  const watching = createPeriodic({
    run: async () => {
      if (state !== 'closed' || performance.now() - heardAt < idleMs * (1 - JITTER)) return;
      if ((await unlessLate(LATE_MS, ask, suspect)) !== undefined) await suspect();
    },
    rhythm: { pauseMs: idleMs },
    jitter: JITTER,
  });

  return {
    state: (): BreakerState => state,
    /** Why it is away. */
    cause: outage.cause,
    /** Once when an outage begins, once for each other cause that shows in it, once when it is over. */
    onNews: outage.onNews,
    suspect,
    /** Keycloak has answered a call. */
    heard: (): void => {
      heardAt = performance.now();
    },
    /** Whether a probe was answered that was sent since then, in the time of `performance.now()`. */
    vouches: (since: number): boolean => state === 'closed' && vouchedAt >= since,
    /** How to ask. Without it Keycloak counts as working. */
    probeWith: (next: Probe): void => {
      probe = next;
    },
    /** From now on Keycloak is asked also while nobody calls it. */
    watch: watching.start,
    close(): void {
      probe = undefined;
      void returning.stop();
      void watching.stop();
    },
  };
}

/** What the work comes to; where that takes long, `late` is called meanwhile. */
export async function unlessLate<T>(ms: number, work: () => Promise<T>, late: () => unknown): Promise<T> {
  const timer = setTimeout(late, ms).unref();
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** The failure, where it says something of Keycloak's health: not what Keycloak itself answers to one question, such as 404. That it gives us no token is an answer to all. */
export function outageOf(result: Result | undefined): KeycloakFailure | undefined {
  if (result === undefined || result.ok) return undefined;
  const { own, status } = result.failure;
  if (getsNoToken(result.failure)) return result.failure;
  return own && (status === undefined || status < 500) ? undefined : result.failure;
}
