// A probe whose results are counted.
import type { Metrics } from '../shared/metrics.ts';
import type { ProviderProbe } from './provider-probe.ts';

export const countedProbe = (probe: ProviderProbe, metrics: Pick<Metrics, 'probe'>): ProviderProbe => ({
  ...probe,
  async probe(request) {
    const result = await probe.probe(request);
    metrics.probe(request.provider.id, result.status);
    return result;
  },
});
