// `byok audit …`: checks the audit log, deletes old rows, erases a person, records a restore.
import { Command } from 'commander';
import { mayPruneAudit, pruneAudit } from '../audit/upkeep/postgres-audit-prune.ts';
import { recordRestore } from '../audit/upkeep/postgres-audit-restores.ts';
import type { Config } from '../config/config.ts';
import { StartupProblem } from '../shared/errors.ts';
import { anchorsOf } from './audit-anchors-file.ts';
import { withAuditLog } from './audit-core.ts';
import { verifyCommand } from './audit-verify.ts';
import { eraseUser, reportErasure } from './erase-user.ts';

const DAY_MS = 86_400_000;

export function auditCommand(): Command {
  return new Command('audit')
    .description('Checks the audit log, deletes old rows, erases a person, records a restore.')
    .addCommand(verifyCommand())
    .addCommand(pruneCommand())
    .addCommand(eraseCommand())
    .addCommand(restoredCommand());
}

function pruneCommand(): Command {
  return new Command('prune')
    .description(
      'Deletes audit rows older than AUDIT_RETENTION_DAYS, behind a checkpoint that keeps the chain whole. Reads the whole log first: where a row is not as it was written, nothing is deleted.',
    )
    .option('--days <number>', 'instead of AUDIT_RETENTION_DAYS')
    .addHelpText('after', '\nExample:\n  $ byok audit prune --days 365')
    .action(({ days }: { days?: string }) =>
      withAuditLog(async ({ database, auditChain }, config) => {
        const cutoff = new Date(Date.now() - daysOf(days, config) * DAY_MS);
        const rows = await database.asOwner(async (db) => {
          if (!(await mayPruneAudit(db))) {
            throw new StartupProblem(
              'The database role may not delete audit rows. Set DATABASE_MIGRATION_URL to the role that owns the tables. Nothing was changed.',
            );
          }
          return await pruneAudit(db, auditChain, { cutoff, actor: { kind: 'operator', id: 'byok audit prune' } });
        });
        console.log(`${rows} rows from before ${cutoff.toISOString()} were deleted.`);
      }),
    );
}

function eraseCommand(): Command {
  return new Command('erase')
    .description(
      'Takes a person out of the audit log and of usage, and ends their sessions: rows stay, without who it was and where from. Keys stay too (byok erase-user removes them). Cannot be undone.',
    )
    .requiredOption('--user <id>', 'Keycloak id of the person')
    .addHelpText('after', '\nExample:\n  $ byok audit erase --user 7f1d0c7e-0e6b-4a8e-9d3e-3f0a4c0e5b11')
    .action(({ user }: { user: string }) =>
      withAuditLog(async (core, config) => reportErasure(await eraseUser(config, core, user, undefined))),
    );
}

function restoredCommand(): Command {
  return new Command('restored')
    .description(
      'Records that the database was restored from a backup, and which rows were lost. Run it right after the restore, before the service starts: without it, verification with older anchors fails for ever.',
    )
    .requiredOption('--anchors <file...>', 'logs of the service, or anchors that it has sent, from before the restore')
    .option('--dry-run', 'say which rows were lost, and record nothing', false)
    .addHelpText('after', '\nExample:\n  $ byok audit restored --anchors=service.log --dry-run')
    .action(({ anchors: files, dryRun }: { anchors: string[]; dryRun: boolean }) =>
      withAuditLog(async ({ database, auditChain }) => {
        const { anchors } = anchorsOf(files);
        const actor = { kind: 'operator', id: 'byok audit restored' } as const;
        const lost = await recordRestore(database.db, auditChain, anchors, { dryRun, actor });
        const last = Math.max(...anchors.map(({ seq }) => seq));
        if (lost === undefined) console.log('Every anchor fits: no row was lost, and nothing is to be recorded.');
        else
          console.log(
            `Rows after ${lost.after}, up to ${lost.to}, were lost (anchors of them: ${lost.anchors}). ${dryRun ? 'Nothing was recorded.' : 'That is recorded now, and `byok audit verify` will say so each time.'}`,
          );
        console.log(eraseAgain(last));
      }),
    );
}

/** Who that was is kept nowhere here: it would be one more place that names them. */
const eraseAgain = (last: number): string =>
  `The last row that these anchors know is ${last}; whether later ones were lost nobody can tell. After a restore, erase everybody again who was erased since the backup: \`byok erase-user --user <id>\` for each id that was noted with the backups.`;

function daysOf(option: string | undefined, { audit }: Config): number {
  const days = option === undefined ? audit.retentionDays : Number(option);
  if (days !== undefined && Number.isInteger(days) && days > 0 && days <= 36_500) return days;
  throw new StartupProblem('Say how many days to keep: set AUDIT_RETENTION_DAYS, or use --days.');
}
