// Whether the service may take writes: not before the directory has been seen to keep what is written.
import { ByokError } from '../shared/errors.ts';
import { createPeriodic } from '../shared/periodic.ts';
import type { UserDirectory } from './user-directory.ts';

export interface Readiness {
  /**
   * Checks the directory now; keeps trying in the background where it cannot be reached.
   * @throws ByokError `directory_misconfigured`: starting would lose keys.
   */
  start(): Promise<void>;
  /** Throws ByokError `not_ready` until the check has passed. After a stop too: what has arrived is finished. */
  assertWritable(): void;
  state(): 'starting' | 'ready' | 'stopping';
  /** The last reason for not being ready, for the log and for `byok doctor`. */
  reason(): string | undefined;
  stop(): void;
}

interface ReadinessOptions {
  directory: Pick<UserDirectory, 'check'>;
  retryMs: number;
  /** Called once for each reason. */
  onNotReady: (error: unknown) => void;
  /** @param seconds since the first failure; 0 where there was none. */
  onReady: (seconds: number) => void;
}

export function createReadiness({ directory, retryMs, onNotReady, onReady }: ReadinessOptions): Readiness {
  let state: ReturnType<Readiness['state']> = 'starting';
  let writable = false;
  let reason: string | undefined;
  let failingSince: number | undefined;
  const told = new Set<string>();

  /** @returns why not, or undefined: ready now, or stopped meanwhile, when the outcome no longer matters. */
  const attempt = async (): Promise<unknown> => {
    try {
      await directory.check();
    } catch (error) {
      if (state !== 'starting') return undefined;
      reason = error instanceof Error ? error.message : 'unknown';
      failingSince ??= performance.now();
      if (!told.has(reason)) onNotReady(error);
      told.add(reason);
      return error;
    }
    if (state !== 'starting') return undefined;
    state = 'ready';
    writable = true;
    reason = undefined;
    onReady(failingSince === undefined ? 0 : Math.round((performance.now() - failingSince) / 1000));
    return undefined;
  };

  const retrying = createPeriodic({
    run: async () => {
      if ((await attempt()) === undefined) void retrying.stop();
    },
    rhythm: { pauseMs: retryMs },
  });

  return {
    async start() {
      const error = await attempt();
      if (error instanceof ByokError && error.code === 'directory_misconfigured') throw error;
      if (error !== undefined) retrying.start();
    },
    assertWritable() {
      if (!writable) throw new ByokError('not_ready');
    },
    state: () => state,
    reason: () => reason,
    stop() {
      state = 'stopping';
      void retrying.stop();
    },
  };
}
