// Keys for services, and for their owners when they were last used.
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { API_PREFIX, type Feature } from '../http/feature.ts';
import type { EndpointAddresses } from '../providers/endpoint-addresses.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Users } from '../users/compose-users.ts';
import { checkedRelease, countedRelease, createKeyRelease } from './key-release.ts';
import type { KeyUses } from './key-uses.ts';
import { lastUsesRoute } from './last-uses-routes.ts';
import { createPostgresKeyUses } from './postgres-key-uses.ts';
import { resolveRoute } from './resolve-routes.ts';

interface Parts {
  readonly metrics: Metrics;
  readonly audit: Pick<Audit, 'log'>;
  readonly users: Users;
  readonly endpoints: EndpointAddresses;
}

export interface Release {
  readonly keyUses: KeyUses;
  readonly feature: Feature;
}

export function composeRelease(
  config: Config,
  { database }: Core,
  { metrics, audit, users, endpoints }: Parts,
): Release {
  const keyUses = createPostgresKeyUses(database.db);
  const keyRelease = createKeyRelease({
    ...users,
    minimumTier: config.minimumTier,
    systemKeys: config.systemKeys,
    audit: audit.log,
    ttlMs: config.cache.ttlMs,
  });
  const resolving = { prefix: API_PREFIX, keyRelease: countedRelease(metrics, checkedRelease(endpoints, keyRelease)) };
  return {
    keyUses,
    feature: {
      accounts: async (scope) => scope.register(lastUsesRoute, { prefix: API_PREFIX, keyUses }),
      services: { resolve: async (scope) => scope.register(resolveRoute, resolving) },
    },
  };
}
