// Asks a provider whether a key works, without spending anything.

import type { Metrics } from '../shared/metrics.ts';
import type { Provider } from './provider-table.ts';

export type TestStatus = 'valid' | 'invalid' | 'error' | 'unknown';

export interface ProbeResult {
  readonly status: TestStatus;
  /** One sentence for the person. Never contains the key. */
  readonly message: string;
  /** Stable word for programs: `ok`, `restricted`, `rate_limited`, `quota`, `billing`, `bad_key`, `permission`, `timeout`, `unreachable`, `tls`, `refused_address`, `provider_error`, `unexpected_answer`, `cannot_verify`. */
  readonly reason: string;
  /** HTTP status that the provider answered with, if it answered. */
  readonly statusCode: number | undefined;
}

export interface ProviderProbe {
  /** Never throws for anything a provider or a network can do: that is status `error`. `endpoint` is the one saved with the key. */
  probe(request: { provider: Provider; key: string; endpoint: string | undefined }): Promise<ProbeResult>;
  close(): Promise<void>;
}

/** A probe whose results are counted. */
export const countedProbe = (probe: ProviderProbe, metrics: Pick<Metrics, 'probe'>): ProviderProbe => ({
  ...probe,
  async probe(request) {
    const result = await probe.probe(request);
    metrics.probe(request.provider.id, result.status);
    return result;
  },
});
