// `byok audit verify`: what it says of the audit log.
import { Command } from 'commander';
import { flawSentence } from '../audit/audit-flaw-sentences.ts';
import type { AuditVerdict } from '../audit/audit-verification.ts';
import { createPostgresAuditTrail } from '../audit/postgres-audit-trail.ts';
import { anchorsOf } from './audit-anchors-file.ts';
import { withAuditLog } from './audit-core.ts';

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Reads the whole audit log and names the first row that is not as it was written. Exit status 1 then.')
    .option(
      '--anchors <file...>',
      'logs of the service, or anchors that it has sent: finds what was cut off at the end',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ docker logs ops-center-direct > service.log\n  $ byok audit verify --anchors=service.log',
    )
    .action(({ anchors: files = [] }: { anchors?: string[] }) =>
      withAuditLog(async ({ database, auditChain }) => {
        const { anchors, unreadable } = anchorsOf(files);
        if (unreadable > 0)
          console.error(`${unreadable} lines look like anchors and cannot be read: were they changed?`);
        const verdict = await createPostgresAuditTrail(database.db, auditChain).verify(anchors);
        for (const line of notesOn(verdict)) console.log(line);
        if (verdict.firstBad !== undefined) {
          console.error(`The audit log is not as it was written: ${flawSentence(verdict.firstBad)}.`);
          process.exitCode = 1;
          return;
        }
        for (const line of praiseOf(verdict, files.length > 0)) console.log(line);
      }),
    );
}

/** What is no flaw, and somebody should look at all the same. */
function notesOn({ restores, unnamedErasures, strict, rows }: AuditVerdict): string[] {
  const notes = restores.map(
    ({ seq, at, after, to }) =>
      `Row ${seq} (${at.toISOString()}) records that the log was restored from a backup: rows after ${after}, up to ${to}, were lost.`,
  );
  if (unnamedErasures > 0)
    notes.push(
      `${unnamedErasures} rows were erased before erasures named their rows: that it was these rows, nobody can check.`,
    );
  if (!strict && rows > 0)
    notes.push('The log is from an earlier version: which keys count is checked once the service has started with it.');
  return notes;
}

function praiseOf({ rows, anchors, head }: AuditVerdict, hasAnchors: boolean): string[] {
  const { fit, lost, pruned } = anchors;
  return [
    rows === 1 ? '1 row, and it is as it was written.' : `${rows} rows, and all are as they were written.`,
    hasAnchors
      ? `${fit} ${fit === 1 ? 'anchor fits' : 'anchors fit'}.`
      : 'Whether rows were cut off at the end, only anchors tell: see --help.',
    ...(lost > 0 ? [`Anchors of rows that were lost in a restore: ${lost}.`] : []),
    ...(pruned > 0 ? [`Anchors of rows that were pruned since, and so cannot be compared: ${pruned}.`] : []),
    ...(head === undefined ? [] : [`Last row: ${JSON.stringify(head)}`]),
  ];
}
