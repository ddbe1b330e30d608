// For what is nice to know: an answer in time, or none.

/** @returns undefined where the work fails or takes longer. It is not stopped: whatever it is has limits of its own. */
export async function answerWithin<T>(ms: number, work: () => Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([work(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
