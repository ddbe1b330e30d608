// How long memory may be believed: a beat goes the same way as the messages of other replicas, and when it is back,
// everything that was said before it was sent has been heard. A process that was stopped or cut off has no lease.

export interface FreshnessLease {
  /** A beat is about to be sent. @returns its number. */
  send(): number;
  /** A beat is back. Those that were sent before `lose` no longer count. */
  receive(beat: number): void;
  /** The way is broken: what was on it may be lost. */
  lose(): void;
  isLive(): boolean;
}

interface FreshnessLeaseOptions {
  /** Counted from when the beat was sent. */
  readonly leaseMs: number;
  /** A clock that goes on while the process is stopped and never jumps. */
  readonly now?: () => number;
}

const MAX_BEATS = 100;

export function createFreshnessLease({
  leaseMs,
  now = () => performance.now(),
}: FreshnessLeaseOptions): FreshnessLease {
  // When the last beats were sent, oldest first. One that comes back twice says the same twice.
  const sent = new Map<number, number>();
  let last = 0;
  let until = Number.NEGATIVE_INFINITY;
  return {
    send() {
      last += 1;
      sent.set(last, now());
      const [oldest] = sent.keys();
      if (sent.size > MAX_BEATS && oldest !== undefined) sent.delete(oldest);
      return last;
    },
    receive(beat) {
      const at = sent.get(beat);
      if (at === undefined) return;
      until = Math.max(until, at + leaseMs);
    },
    lose() {
      sent.clear();
      until = Number.NEGATIVE_INFINITY;
    },
    isLive: () => now() < until,
  };
}
