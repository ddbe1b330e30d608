// `byok adopt`: binds the keys that the old Python service wrote, once, at cut-over.
import { Command } from 'commander';
import { parseConfig } from '../config.ts';
import { openCore } from '../core.ts';
import { type AdoptSummary, adoptKeys } from '../domain/adopt.ts';

export function adoptCommand(): Command {
  return new Command('adopt')
    .description(
      'Binds the keys that the old service wrote to the users who have them. Run it once, at cut-over; a rerun is safe.',
    )
    .option('--dry-run', 'say what would be bound, and change nothing', false)
    .addHelpText('after', '\nExample:\n  $ byok adopt --dry-run\n  $ byok adopt')
    .action(async ({ dryRun }: { dryRun: boolean }) => {
      const core = await openCore(parseConfig(process.env), { attach: true });
      try {
        await core.directory.check();
        const summary = await adoptKeys({
          directory: core.directory,
          vault: core.vault,
          dryRun,
          onProgress: showProgress,
        });
        report(summary, dryRun);
      } finally {
        await core.close();
      }
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
