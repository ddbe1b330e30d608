// The environment that sends probes to the fake providers, and lets endpoints point there.
import type { FakeProviders } from './fake-providers.ts';

export function providerEnv(fakes: FakeProviders): Record<string, string> {
  return {
    ...Object.fromEntries([...fakes.apiUrls].map(([id, url]) => [`BYOK_${id.toUpperCase()}_API_URL`, url])),
    CUSTOM_ENDPOINT_ALLOW: '127.0.0.1',
    CUSTOM_ENDPOINT_PORTS: `443,${fakes.httpsPort}`,
    PROBE_CA_FILE: fakes.ca,
    PROBE_TIMEOUT_SECONDS: '2',
  };
}
