// Whether this process itself stood still (SIGSTOP, a paused machine, no processor time): its own timer came too late.
// Then limits of time have run out and nothing was heard, and Redis had no part in it.

export interface StopWatch {
  /** The timer is set from now on. Before that nothing is known of stops. */
  start(): void;
  /** The timer has come. @returns by how much it was late, in milliseconds. */
  lateMs(): number;
  /** The process goes on after a stop, perhaps so recently that the timer has not come yet. */
  hasJustStopped(): boolean;
}

interface StopWatchOptions {
  /** How often the timer is to come. */
  readonly everyMs: number;
  /** A clock that goes on while the process is stopped and never jumps. */
  readonly now?: () => number;
}

/** A timer that is so late says that the process was stopped, and not only busy for a moment. */
export const STOPPED_MS = 2_000;
/** For so long after a stop, what fails may be a limit of time that ran out meanwhile. */
const JUST_MS = 500;

export function createStopWatch({ everyMs, now = () => performance.now() }: StopWatchOptions): StopWatch {
  let last = Number.POSITIVE_INFINITY;
  let wentOn = Number.NEGATIVE_INFINITY;
  const late = (): number => Math.max(0, now() - last - everyMs);
  return {
    start() {
      last = now();
    },
    lateMs() {
      const ms = late();
      last = now();
      if (ms > STOPPED_MS) wentOn = last;
      return ms;
    },
    hasJustStopped: () => late() > STOPPED_MS || now() - wentOn < JUST_MS,
  };
}
