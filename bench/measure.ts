// Measuring on noisy machines: variants take turns in one run, and the median of each is compared.

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const quietest = (values: readonly number[]): number => Math.min(...values);

/**
 * Runs every variant in turn, `rounds` times, after one round that does not count.
 * @param summary what stands for all rounds of a variant: the median, or the quietest for pure computation, which
 *   everything else on the machine can only slow down.
 */
export async function interleave<Name extends string>(
  rounds: number,
  variants: Readonly<Record<Name, () => number | Promise<number>>>,
  summary: (values: readonly number[]) => number = median,
): Promise<Record<Name, number>> {
  const names = Object.keys(variants) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const value = await variants[name]();
      if (round >= 0) samples.get(name)?.push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(samples.get(name) ?? [])])) as Record<Name, number>;
}

/** Microseconds a call, over `count` calls. */
export function microseconds(count: number, call: () => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i += 1) call();
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

/** Milliseconds that one call took. */
export async function milliseconds(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/**
 * Runs the action with this process never asleep. Who sends to a sleeping process pays for waking it, which costs a
 * virtual machine as much as the rest of a write: then the faster side, whose client is always busy, would be measured
 * without it and the slower side with it.
 */
export async function awake<T>(action: () => Promise<T>): Promise<T> {
  let turning = true;
  const turn = (): void => void (turning && setImmediate(turn));
  turn();
  try {
    return await action();
  } finally {
    turning = false;
  }
}
