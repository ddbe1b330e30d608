// `byok audit …`: checks the audit log, deletes old rows, erases a person.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Core } from '../app/core.ts';
import type { AuditAnchor, Flaw } from '../audit/audit-verification.ts';
import { createPostgresAuditTrail } from '../audit/postgres-audit-trail.ts';
import { erasePerson, mayPruneAudit, pruneAudit } from '../audit/postgres-audit-upkeep.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { databaseReason } from '../database/database-statements.ts';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { readAnchors } from './audit-anchors-file.ts';
import { openCommandCore } from './command-core.ts';

const DAY_MS = 86_400_000;

export function auditCommand(): Command {
  return new Command('audit')
    .description('Checks the audit log, deletes old rows, erases a person.')
    .addCommand(verifyCommand())
    .addCommand(pruneCommand())
    .addCommand(eraseCommand());
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('Reads the whole audit log and names the first row that is not as it was written. Exit status 1 then.')
    .option('--anchors <file>', 'log of the service, or anchors that it has sent: finds what was cut off at the end')
    .addHelpText(
      'after',
      '\nExample:\n  $ docker compose logs byok > service.log\n  $ byok audit verify --anchors=service.log',
    )
    .action(({ anchors }: { anchors?: string }) =>
      withCore(async ({ database, auditChain }) => {
        const published = anchors === undefined ? [] : anchorsOf(anchors);
        const { rows, firstBad, head } = await createPostgresAuditTrail(database.db, auditChain).verify(published);
        if (firstBad !== undefined) {
          console.error(`The audit log is not as it was written: ${sentenceOf(firstBad)}.`);
          process.exitCode = 1;
          return;
        }
        console.log(`${rows} rows, and all are as they were written.`);
        if (published.length > 0) console.log(`${published.length} anchors fit.`);
        else console.log('Whether rows were cut off at the end, only anchors tell: see --help.');
        if (head !== undefined) console.log(`Last row: ${JSON.stringify(head)}`);
      }),
    );
}

function pruneCommand(): Command {
  return new Command('prune')
    .description('Deletes audit rows older than AUDIT_RETENTION_DAYS, behind a checkpoint that keeps the chain whole.')
    .option('--days <number>', 'instead of AUDIT_RETENTION_DAYS')
    .addHelpText('after', '\nExample:\n  $ byok audit prune --days 365')
    .action(({ days }: { days?: string }) =>
      withCore(async ({ database, auditChain }, config) => {
        const cutoff = new Date(Date.now() - daysOf(days, config) * DAY_MS);
        const rows = await database.asOwner(async (db) => {
          if (!(await mayPruneAudit(db))) {
            throw new StartupProblem(
              'The database role may not delete audit rows. Set DATABASE_MIGRATION_URL to the role that owns the tables. Nothing was changed.',
            );
          }
          return await pruneAudit(db, auditChain, cutoff, { kind: 'operator', id: 'byok audit prune' });
        });
        console.log(`${rows} rows from before ${cutoff.toISOString()} were deleted.`);
      }),
    );
}

function eraseCommand(): Command {
  return new Command('erase')
    .description(
      'Takes a person out of the audit log: the rows stay, without who it was and where from. Cannot be undone.',
    )
    .requiredOption('--user <id>', 'Keycloak id of the person')
    .addHelpText('after', '\nExample:\n  $ byok audit erase --user 7f1d0c7e-0e6b-4a8e-9d3e-3f0a4c0e5b11')
    .action(({ user }: { user: string }) =>
      withCore(async ({ database, auditChain }) => {
        const rows = await database.asOwner((db) => erasePerson(db, auditChain, user));
        console.log(`${rows} rows name the person no more. Backups made before still do.`);
      }),
    );
}

async function withCore(action: (core: Core, config: Config) => Promise<void>): Promise<void> {
  const config = parseConfig(process.env);
  await using core = await openCommandCore(config);
  try {
    await action(core, config);
  } catch (error) {
    if (error instanceof StartupProblem || error instanceof ByokError) throw error;
    throw new StartupProblem(`The audit log cannot be reached: ${databaseReason(error)}.`, { cause: error });
  }
}

function daysOf(option: string | undefined, { audit }: Config): number {
  const days = option === undefined ? audit.retentionDays : Number(option);
  if (days !== undefined && Number.isInteger(days) && days > 0 && days <= 36_500) return days;
  throw new StartupProblem('Say how many days to keep: set AUDIT_RETENTION_DAYS, or use --days.');
}

function anchorsOf(file: string): AuditAnchor[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new StartupProblem(`The file ${file} with the anchors cannot be read.`);
  }
  const anchors = readAnchors(text);
  if (anchors.length === 0)
    throw new StartupProblem(`There is no anchor in ${file}. Lines such as {"seq":1000,"head":"sha256:…"} are.`);
  return anchors;
}

const SENTENCES: Readonly<Record<Flaw['reason'], (seq: number) => string>> = {
  edited: (seq) => `row ${seq} was changed or made up (or a row before it, where the log begins with it)`,
  reordered: (seq) => `another row stands in the place of row ${seq}`,
  missing: (seq) => `row ${seq} is missing`,
  unknown_key: (seq) => `row ${seq} was written with an encryption key that is not in ENCRYPTION_KEY`,
  truncated: (seq) => `row ${seq} and those after it were cut off, up to an anchor`,
  anchor: (seq) => `row ${seq} is not the one that was anchored`,
  checkpoint: (seq) => `the rows before row ${seq} are gone, and no checkpoint accounts for them`,
  erased: (seq) => `more rows were erased than recorded; row ${seq} is the first that is erased`,
};

const sentenceOf = ({ seq, reason }: Flaw): string => SENTENCES[reason](seq);
