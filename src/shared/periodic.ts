// Work that is done again and again beside everything else. It keeps no process alive.

interface PeriodicOptions {
  /** Two runs never overlap. */
  readonly run: () => unknown;
  /** `everyMs`: from one beginning to the next; one that would fall into a run is left out. `pauseMs`: from an end to the next beginning. */
  readonly rhythm: { readonly everyMs: number } | { readonly pauseMs: number };
  /** Before the first run. Default: as before every other. */
  readonly firstMs?: number;
  /** Each wait is longer or shorter by up to this share of it, at random. Default 0. */
  readonly jitter?: number;
  /** Called for each run that fails. Without it a failure is a mistake of ours, and left unhandled. */
  readonly onError?: (error: unknown) => void;
}

export interface Periodic {
  /** From now on. Nothing where it has begun already; again after `stop`. */
  start(): void;
  /** Runs now, beside the rhythm, or waits for the run under way. Rejects only without `onError`. */
  runNow(): Promise<void>;
  /** No run begins by itself from now on; resolves when the one under way is over. Idempotent. */
  stop(): Promise<void>;
}

export function createPeriodic({ run, rhythm, firstMs, jitter = 0, onError }: PeriodicOptions): Periodic {
  let isGoing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const attempt = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
  };
  const runNow = (): Promise<void> => {
    running ??= attempt().finally(() => {
      running = undefined;
    });
    return running;
  };
  const later = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(turn, ms * (1 + jitter * (2 * Math.random() - 1))).unref();
  };
  const turn = async (): Promise<void> => {
    if ('everyMs' in rhythm) {
      later(rhythm.everyMs);
      if (running === undefined) await runNow();
    } else {
      await runNow();
      if (isGoing) later(rhythm.pauseMs);
    }
  };

  return {
    start() {
      if (isGoing) return;
      isGoing = true;
      later(firstMs ?? ('everyMs' in rhythm ? rhythm.everyMs : rhythm.pauseMs));
    },
    runNow,
    async stop() {
      isGoing = false;
      clearTimeout(timer);
      // Who has to know of its failure was told by `runNow`.
      await running?.catch(() => undefined);
    },
  };
}
