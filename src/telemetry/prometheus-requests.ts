// Reads the histogram of requests back: how many there were, how many failed, how long they took.
import type { Histogram } from 'prom-client';
import type { RequestTotals } from '../shared/metrics.ts';

/** @param isCounted by the route's pattern. */
export async function readRequestTotals(
  requests: Histogram<'method' | 'route' | 'status'>,
  isCounted: (route: string) => boolean,
): Promise<RequestTotals> {
  const counts = new Map<number, number>();
  let count = 0;
  let errors = 0;
  for (const { labels, metricName, value } of (await requests.get()).values) {
    const { le, route, status } = labels as { le?: number | string; route?: string; status?: string };
    if (!isCounted(String(route))) continue;
    if (metricName?.endsWith('_bucket')) {
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      counts.set(bound, (counts.get(bound) ?? 0) + value);
    }
    if (metricName?.endsWith('_count')) {
      count += value;
      if (Number(status) >= 500) errors += value;
    }
  }
  const buckets = [...counts].map(([le, count]) => ({ le, count })).sort((a, b) => a.le - b.le);
  return { count, errors, buckets };
}
