// Tiers, and what services use: counted by day, recorded by event, copied to users on request.
import type { Logger } from 'pino';
import type { Core } from '../app/core.ts';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import { API_PREFIX, type Feature } from '../http/feature.ts';
import type { Users } from '../users/compose-users.ts';
import { createFindUser } from '../users/find-user.ts';
import { createPostgresUsage } from './postgres-usage.ts';
import { createSubscriptions } from './subscriptions.ts';
import { tierRoutes } from './tier-routes.ts';
import { createUsageService } from './usage.ts';
import { createUsageMirror, type UsageMirror } from './usage-mirror.ts';
import { usageRoutes } from './usage-routes.ts';
import type { UsageStore } from './usage-store.ts';

interface Parts {
  readonly logger: Logger;
  readonly audit: Pick<Audit, 'log'>;
  readonly users: Users;
}

export interface UsageParts {
  /** Undefined where counts are not copied to users. */
  readonly mirror: UsageMirror | undefined;
  readonly feature: Feature;
}

const MIRROR_LOOK_MS = 3_600_000;
const MIRROR_PAUSE_MS = 250;

export function composeUsage(config: Config, core: Core, { logger, audit: { log: audit }, users }: Parts): UsageParts {
  const store = createPostgresUsage(core.database.db);
  const usage = createUsageService({ store, findUser: createFindUser(users), audit });
  const subscriptions = createSubscriptions({
    ...users,
    directory: core.directory,
    knownTiers: new Set(Object.keys(config.tierRanks)),
    usage,
    audit,
    assertWritable: users.readiness.assertWritable,
  });
  return {
    mirror: config.usageMirror ? openMirror(store, core, users, logger) : undefined,
    feature: {
      services: {
        tier: async (scope) => scope.register(tierRoutes, { prefix: API_PREFIX, subscriptions }),
        usage: async (scope) => scope.register(usageRoutes, { prefix: API_PREFIX, usage }),
      },
    },
  };
}

function openMirror(store: UsageStore, { directory }: Core, { writes }: Users, logger: Logger): UsageMirror {
  return createUsageMirror({
    store,
    directory,
    writes,
    everyMs: MIRROR_LOOK_MS,
    pauseMs: MIRROR_PAUSE_MS,
    onError: (error) => logger.warn({ err: error }, 'a count could not be copied to its user'),
  });
}
