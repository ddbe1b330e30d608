// `byok adopt`: binds the keys that the old Python service wrote, once, at cut-over.
import { Command } from 'commander';
import { type AdoptSummary, adoptKeys } from '../adoption/adopt.ts';
import { parseConfig } from '../config/config.ts';
import { StartupProblem } from '../shared/errors.ts';
import { CREATE_OPTION, openCommandCore } from './command-core.ts';
import { openWrites } from './command-writes.ts';

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
