// What people do with their keys: the key service, with the probe that asks providers.
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { readPem } from '../config/pem-file.ts';
import { API_PREFIX, type Feature } from '../http/feature.ts';
import type { EndpointAddresses } from '../providers/endpoint-addresses.ts';
import { checkEndpoint } from '../providers/endpoint-policy.ts';
import { countedProbe } from '../providers/provider-probe.ts';
import { createUndiciProviderProbe } from '../providers/undici-provider-probe.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Users } from '../users/compose-users.ts';
import { keyRoutes } from './key-routes.ts';
import { createKeyService, type KeyService } from './key-service.ts';

interface Parts {
  readonly metrics: Metrics;
  readonly audit: Pick<Audit, 'recorder'>;
  readonly users: Users;
  readonly endpoints: EndpointAddresses;
}

export interface Keys {
  readonly service: KeyService;
  readonly feature: Feature;
  /** Idempotent. */
  close(): Promise<void>;
}

export function composeKeys(config: Config, { directory }: Core, { metrics, audit, users, endpoints }: Parts): Keys {
  // For its sentence where the file cannot be used.
  if (config.probes.caFile !== undefined) readPem('PROBE_CA_FILE', config.probes.caFile);
  const probe = createUndiciProviderProbe(config.probes);
  const service = createKeyService({
    ...users,
    directory,
    minimumTier: config.minimumTier,
    probe: countedProbe(probe, metrics),
    endpoints,
    checkEndpoint: (text) => checkEndpoint(text, config.probes),
    assertWritable: users.readiness.assertWritable,
    audit: audit.recorder,
  });
  return {
    service,
    feature: { people: async (scope) => scope.register(keyRoutes, { prefix: API_PREFIX, keys: service }) },
    close: () => probe.close(),
  };
}
