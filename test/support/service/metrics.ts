// Reads what `/metrics` answers.
import type { RunningService } from './running-service.ts';

export const TOKEN = 'scrape-0123456789';

/** What Prometheus gets from a service that was started with METRICS_TOKEN set to `TOKEN`. */
export async function scrape(service: Pick<RunningService, 'client'>): Promise<string> {
  const reply = await service.client().get('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
  if (reply.status !== 200) throw new Error(`/metrics answered ${reply.status}`);
  return reply.text;
}

/** The value of the series with exactly these labels; 0 where there is none. */
export function metricValue(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  for (const line of text.split('\n')) {
    const [, series, inBraces = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (series !== name) continue;
    const found = Object.fromEntries([...inBraces.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]));
    const same = Object.keys(found).length === Object.keys(labels).length;
    if (same && Object.entries(labels).every(([key, text]) => found[key] === text)) return Number(value);
  }
  return 0;
}

/** Names of everything exposed, those of histograms in their three forms. */
export function seriesNames(text: string): Set<string> {
  const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}
