// Probes against the fake providers, with everything that was opened closed at the end of the test file.
import type { ProbeResult, ProviderProbe } from '../../../src/providers/provider-probe.ts';
import { PROVIDERS, type Provider } from '../../../src/providers/provider-table.ts';
import {
  createUndiciProviderProbe,
  type UndiciProviderProbeOptions,
} from '../../../src/providers/undici-provider-probe.ts';
import { type FakeProviders, startFakeProviders } from './fake-providers.ts';

/** Part of every key of these tests: where it turns up, a key leaked. */
export const CANARY = 'cAnArY0123456789';

export interface ProbeFixture {
  readonly fake: FakeProviders;
  /** Endpoints on 127.0.0.1 and the fake's TLS port are allowed, unless `options` say otherwise. */
  probeWith(options?: Partial<UndiciProviderProbeOptions>): ProviderProbe;
  /** Tests a key that behaves so: at the provider's own address, or for `custom` at its endpoint. */
  ask(id: string, behaviour: string, using?: ProviderProbe): Promise<ProbeResult>;
  /** Tests a good key at an endpoint. */
  askAt(endpoint: string | undefined, options?: { id?: string; using?: ProviderProbe }): Promise<ProbeResult>;
  close(): Promise<void>;
}

export function provider(id: string): Provider {
  const found = PROVIDERS.get(id);
  if (found === undefined) throw new TypeError(`no provider ${id}`);
  return found;
}

export const keyFor = (id: string, behaviour: string): string =>
  `${provider(id).prefix ?? 'key-'}${behaviour}-${CANARY}`;

/** A result in one line: status, reason, HTTP status. */
export const summary = ({ status, reason, statusCode }: ProbeResult): string =>
  `${status} ${reason} ${statusCode ?? '-'}`;

export async function createProbeFixture(): Promise<ProbeFixture> {
  const fake = await startFakeProviders();
  const probes: ProviderProbe[] = [];
  const probeWith = (options: Partial<UndiciProviderProbeOptions> = {}): ProviderProbe => {
    const defaults = { timeoutMs: 10_000, ports: [443, fake.httpsPort], allow: ['127.0.0.1'] };
    const probe = createUndiciProviderProbe({ ...defaults, caFile: fake.ca, apiUrls: fake.apiUrls, ...options });
    probes.push(probe);
    return probe;
  };
  const usual = probeWith();
  return {
    fake,
    probeWith,
    ask(id, behaviour, using = usual) {
      const endpoint = id === 'custom' ? fake.httpsUrl('custom') : undefined;
      return using.probe({ provider: provider(id), key: keyFor(id, behaviour), endpoint });
    },
    askAt: (endpoint, { id = 'custom', using = usual } = {}) =>
      using.probe({ provider: provider(id), key: keyFor(id, 'good'), endpoint }),
    async close() {
      await Promise.all(probes.map((probe) => probe.close()));
      await fake.close();
    },
  };
}
