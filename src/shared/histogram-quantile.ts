// A quantile from the buckets of a histogram, estimated as PromQL's `histogram_quantile` does.

export interface Bucket {
  /** Upper bound, inclusive; the last bucket's is Infinity. */
  readonly le: number;
  /** How many observations were at most `le`. */
  readonly count: number;
}

/**
 * Observations count as spread evenly within their bucket, the first of which begins at 0. What lies in the last one,
 * beyond every bound, counts as the highest bound.
 * @param quantile from 0 to 1.
 * @param buckets in the order of their bounds, cumulative.
 * @returns in the unit of the bounds; undefined where nothing was observed.
 */
export function histogramQuantile(quantile: number, buckets: readonly Bucket[]): number | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const rank = quantile * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const below = buckets[index - 1] ?? { le: 0, count: 0 };
  const { le, count } = buckets[index] ?? below;
  if (le === Number.POSITIVE_INFINITY) return below.le;
  if (count === below.count) return le;
  return below.le + ((le - below.le) * (rank - below.count)) / (count - below.count);
}
