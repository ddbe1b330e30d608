// `byok adopt`: binds the keys that the old Python service wrote, once, at cut-over.
import { Command } from 'commander';
import { type AdoptSummary, adoptKeys } from '../adoption/adopt.ts';
import type { Core } from '../app/core.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { createRedisConnection } from '../redis/redis-connection.ts';
import { ALONE } from '../replicas/invalidation.ts';
import { createRedisInvalidation } from '../replicas/redis-invalidation.ts';
import { StartupProblem } from '../shared/errors.ts';
import { createTiers } from '../users/tiers.ts';
import { createUserCache } from '../users/user-cache.ts';
import { createViewUser } from '../users/user-view.ts';
import { createUserWrites, type UserWrites } from '../users/user-writes.ts';
import { CREATE_OPTION, openCommandCore } from './command-core.ts';

export function adoptCommand(): Command {
  return new Command('adopt')
    .description(
      'Binds the keys that the old service wrote to the users who have them. Run it once, at cut-over; a rerun is safe.',
    )
    .option('--dry-run', 'say what would be bound, and change nothing', false)
    .addOption(CREATE_OPTION)
    .addHelpText('after', '\nExample:\n  $ byok adopt --dry-run\n  $ byok adopt')
    .action(async ({ dryRun, create }: { dryRun: boolean; create: boolean }) => {
      const config = parseConfig(process.env);
      await using core = await openCommandCore(config, dryRun ? undefined : create);
      await using writes = openWrites(config, core);
      if (core.masterKeys.missing().length > 0)
        throw new StartupProblem(
          'A running replica has an ENCRYPTION_KEY that is not in the list here, so some keys could not be read: `byok doctor` says which. Nothing was changed.',
        );
      await core.directory.check();
      const summary = await adoptKeys({
        directory: core.directory,
        vault: core.vault,
        write: writes.write,
        dryRun,
        onProgress: showProgress,
      });
      report(summary, dryRun);
    });
}

/** Writes that the running services hear of, where they have a Redis: else they remember unbound keys for some minutes. */
function openWrites(config: Config, { directory, vault }: Core): UserWrites & AsyncDisposable {
  const redis = config.redisUrl === undefined ? undefined : createRedisConnection({ url: config.redisUrl });
  const invalidation = redis === undefined ? ALONE : createRedisInvalidation({ redis: redis.client });
  const viewUser = createViewUser({ vault, tiers: createTiers(config.tierRanks) });
  const cache = createUserCache({ directory, viewUser, ...config.cache, fresh: invalidation.fresh });
  return {
    ...createUserWrites({ cache, invalidation }),
    async [Symbol.asyncDispose]() {
      await invalidation.close();
      await redis?.close();
    },
  };
}

function showProgress({ users, bound }: Readonly<AdoptSummary>): void {
  if (users % 100 === 0) console.error(`${users} users, ${bound} keys bound …`);
}

function report({ users, bound, alreadyBound, unreadable, wrongBinding }: AdoptSummary, dryRun: boolean): void {
  console.log(`${users} users looked at.`);
  console.log(`${bound} keys ${dryRun ? 'would be bound' : 'bound'}; ${alreadyBound} were bound already.`);
  for (const place of unreadable) {
    console.log(
      `Not readable with any ENCRYPTION_KEY, or with several values: ${place}. Its owner has to add it again.`,
    );
  }
  for (const place of wrongBinding) {
    console.log(`Bound to somebody or something else: ${place}. It was moved or changed; it is not used.`);
  }
}
