// Waiting with a limit. The work itself goes on: whatever it is has limits of its own.

interface TimerOptions {
  /** False: the wait alone keeps no process alive. Default true. */
  readonly ref?: boolean;
}

/**
 * What the work comes to. It is not begun where no time is left.
 * @throws what `late` makes where it takes longer than `ms`, else what the work throws.
 */
export async function within<T>(
  ms: number,
  work: () => Promise<T>,
  late: () => Error,
  { ref = true }: TimerOptions = {},
): Promise<T> {
  if (ms <= 0) throw late();
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  if (!ref) timer.unref();
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what is nice to know, and for ends that are not waited for at any price. @returns undefined where the work fails or takes longer. */
export async function answerWithin<T>(
  ms: number,
  work: () => Promise<T>,
  options?: TimerOptions,
): Promise<T | undefined> {
  try {
    return await within(ms, work, () => new Error('too late'), options);
  } catch {
    return undefined;
  }
}
