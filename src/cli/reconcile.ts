// `byok reconcile`: counts users, and puts right what the service knows of who has which keys.
import { Command } from 'commander';
import type { ProjectedKey } from '../adoption/key-projection.ts';
import { createPostgresKeyProjection } from '../adoption/postgres-key-projection.ts';
import { type ReconcileSummary, reconcileProjection } from '../adoption/reconcile.ts';
import { parseConfig } from '../config/config.ts';
import { CREATE_OPTION, openCommandCore } from './command-core.ts';

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      'Walks through all users and puts right what the metrics of adoption are counted from: who has a key for which provider. Run it once after the first start and whenever others have changed keys; a rerun is safe.',
    )
    .option('--dry-run', 'say what would be put right, and change nothing', false)
    .addOption(CREATE_OPTION)
    .addHelpText('after', '\nExample:\n  $ byok reconcile --dry-run\n  $ byok reconcile')
    .action(async ({ dryRun, create }: { dryRun: boolean; create: boolean }) => {
      await using core = await openCommandCore(parseConfig(process.env), dryRun ? undefined : create);
      const summary = await reconcileProjection({
        directory: core.directory,
        projection: createPostgresKeyProjection(core.database.db),
        dryRun,
        onProgress: showProgress,
        onRepair: showRepair,
      });
      report(summary, dryRun);
    });
}

function showProgress({ users, repaired }: Readonly<ReconcileSummary>): void {
  if (users % 100 === 0) console.error(`${users} users, ${repaired} to put right …`);
}

function showRepair(userId: string, before: readonly ProjectedKey[], after: readonly ProjectedKey[]): void {
  console.log(
    `${userId}: ${before.length === 0 && after.length === 0 ? 'gone' : `${words(before)} → ${words(after)}`}`,
  );
}

function words(keys: readonly ProjectedKey[]): string {
  if (keys.length === 0) return 'no key';
  return keys
    .map(({ provider, enabled, testStatus }) => `${provider} (${testStatus ?? 'untested'}${enabled ? '' : ', off'})`)
    .join(', ');
}

function report({ users, usersWithKeys, repaired, removed }: ReconcileSummary, dryRun: boolean): void {
  console.log(`${users} users looked at; ${usersWithKeys} have at least one key.`);
  console.log(
    `${repaired} ${dryRun ? 'would be put right' : 'put right'}; ${removed} who are gone ${dryRun ? 'would be removed' : 'removed'}.`,
  );
}
