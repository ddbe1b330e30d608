// What the service knows of users: memory in front of the directory, writes that every memory hears of, tiers, readiness.
import type { Logger } from 'pino';
import type { Core } from '../app/core.ts';
import type { Config } from '../config/config.ts';
import { countedVault, type KeyVault } from '../crypto/key-vault.ts';
import type { Invalidation } from '../replicas/invalidation.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createFindUserByEmail, type FindUserByEmail, whoSignsInBy } from './find-user-by-email.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { createTiers, type Tiers } from './tiers.ts';
import { createUserCache, type UserCache } from './user-cache.ts';
import { createViewUser, type UserView } from './user-view.ts';
import { createUserWrites, type UserWrites } from './user-writes.ts';

const READINESS_RETRY_MS = 5_000;

interface Parts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly invalidation: Pick<Invalidation, 'fresh' | 'announce' | 'written'>;
  /** Refuse addresses that nobody has verified. */
  readonly requireVerified: boolean;
  /** Called with every user as they are after a write. */
  readonly onWritten: (user: UserView) => void;
}

export interface Users {
  readonly vault: KeyVault;
  readonly tiers: Tiers;
  readonly cache: UserCache;
  readonly writes: UserWrites;
  readonly readiness: Readiness;
  readonly findUserByEmail: FindUserByEmail;
  /** Whether addresses that nobody has verified are refused. */
  readonly requireVerified: boolean;
  /** See `whoSignsInBy`. */
  readonly findUserIdByEmail: (email: string) => Promise<string | undefined>;
}

export function composeUsers(config: Config, core: Core, parts: Parts): Users {
  const { logger, metrics, invalidation, requireVerified, onWritten } = parts;
  const { directory } = core;
  const tiers = createTiers(config.tierRanks);
  const viewUser = createViewUser({ vault: core.vault, tiers });
  const cache = createUserCache({ directory, viewUser, ...config.cache, fresh: invalidation.fresh });
  const { maxUsers } = config.cache;
  const findUserByEmail = createFindUserByEmail({ directory, cache, maxUsers, requireVerified });
  // What memory says of keys was found out with the master keys that counted then.
  core.masterKeys.onChange(cache.clear);
  return {
    vault: countedVault(core.vault, metrics),
    tiers,
    cache,
    writes: createUserWrites({ cache, invalidation, onWritten }),
    readiness: createReadiness({
      directory,
      retryMs: READINESS_RETRY_MS,
      onNotReady: (error) => logger.warn({ err: error }, 'the user directory is not ready: no writes yet'),
      onReady: (seconds) => logger.info(seconds === 0 ? {} : { seconds }, 'the user directory is ready'),
    }),
    findUserByEmail,
    requireVerified,
    findUserIdByEmail: whoSignsInBy(findUserByEmail),
  };
}
