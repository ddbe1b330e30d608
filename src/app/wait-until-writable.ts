// A start that meets a database without writes, as during a failover, waits for them. Everything else ends the start.
import { setTimeout as wait } from 'node:timers/promises';
import { StartupProblem } from '../shared/errors.ts';

const PAUSE_MS = 2_000;

/**
 * @param onWaiting told once of each reason.
 * @param stopping ends the wait: its reason is thrown.
 */
export async function waitUntilWritable<T>(
  open: () => Promise<T>,
  onWaiting: (reason: string) => void,
  stopping?: AbortSignal,
): Promise<T> {
  for (let told: string | undefined; ; ) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StartupProblem && error.mayPass)) throw error;
      if (error.message !== told) onWaiting(error.message);
      told = error.message;
      stopping?.throwIfAborted();
      await wait(PAUSE_MS, undefined, { signal: stopping });
    }
  }
}
