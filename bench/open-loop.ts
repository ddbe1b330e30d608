// Requests at a fixed rate, whether or not earlier ones have been answered: what a slow answer holds up is counted too.
import { setTimeout as wait } from 'node:timers/promises';

export interface Load {
  /** Milliseconds from when a request was due, one for each, in order of size. */
  readonly times: readonly number[];
  readonly failed: number;
  /** Requests a second that were really sent. */
  readonly rate: number;
}

/** @param send throws where the answer is not the right one. */
export async function openLoop(
  { rate, seconds }: { rate: number; seconds: number },
  send: (i: number) => Promise<void>,
): Promise<Load> {
  const total = rate * seconds;
  const times: number[] = [];
  let failed = 0;
  const pending: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < total; i += 1) {
    const due = start + (i * 1000) / rate;
    const early = due - performance.now();
    if (early > 1) await wait(early);
    pending.push(
      send(i).then(
        () => void times.push(performance.now() - due),
        () => {
          failed += 1;
        },
      ),
    );
  }
  const sent = performance.now() - start;
  await Promise.all(pending);
  return { times: times.sort((a, b) => a - b), failed, rate: (total * 1000) / sent };
}

export const percentile = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
