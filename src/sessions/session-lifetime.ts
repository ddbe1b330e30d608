// When a session ends, and how often its use is written down.

export interface SessionLifetime {
  /** A session ends after this long without use. */
  readonly idleMs: number;
  /** A session ends after this long in any case. */
  readonly maxMs: number;
}

interface Times {
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

/** One person signing in again and again cannot fill the store: the oldest sessions beyond this are ended. */
export const SESSIONS_PER_USER = 100;

/** How long an ended session of the identity provider is remembered, so that a sign-in just finishing cannot outlive it. */
export const ENDED_PROVIDER_SESSION_MS = 60_000;

/** @returns milliseconds from `now` until the session ends; 0 or less: it has ended. */
export function timeLeft({ createdAt, lastSeenAt }: Times, { idleMs, maxMs }: SessionLifetime, now: number): number {
  return Math.min(lastSeenAt + idleMs, createdAt + maxMs) - now;
}

/** Use is written down at most once a minute, so that reading a session stays cheap; the idle time is exact to that. */
export function needsTouch({ lastSeenAt }: Times, { idleMs }: SessionLifetime, now: number): boolean {
  return now - lastSeenAt >= Math.min(60_000, idleMs / 4);
}
