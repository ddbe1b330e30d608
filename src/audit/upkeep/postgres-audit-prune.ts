// Takes old rows out of the audit log behind a checkpoint: rows that are as they were written, and as old as they say.
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../../database/database-schema.ts';
import { StartupProblem } from '../../shared/errors.ts';
import type { AuditChain } from '../audit-chain.ts';
import { auditFields } from '../audit-fields.ts';
import type { AuditActor } from '../audit-log.ts';
import { checkpointVouchers, rulesToDetails, vouchedFor } from '../audit-rules.ts';
import type { PruneMark } from '../audit-verification.ts';
import { learnKeyLedger } from '../master-keys/postgres-key-ledger.ts';
import type { SeeRow } from '../postgres-audit-reading.ts';
import { appendAuditRows, readAuditHead } from '../postgres-audit-rows.ts';
import { changedMeanwhile, onWholeAudit, type WholeAudit } from './postgres-whole-audit.ts';

/** Rows that one checkpoint stands for: nobody can append while they are deleted. */
const PRUNE_BATCH = 20_000;

/** Whether the role of this connection may delete rows. */
export async function mayPruneAudit(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`select has_table_privilege('audit_log', 'delete') as yes`.execute(db);
  return rows[0]?.yes === true;
}

interface PruneOptions {
  readonly cutoff: Date;
  readonly actor: AuditActor;
  readonly batch?: number;
}

/**
 * Takes out the rows written before `cutoff`. The whole log is verified first: a checkpoint signs that what is gone was in
 * order. Each part of the rows goes in one transaction with its checkpoint row.
 * @returns how many.
 * @throws AuditFlawProblem where the log does not hold: it stays as it is then.
 */
export async function pruneAudit(
  db: Kysely<Schema>,
  chain: AuditChain,
  { cutoff, actor, batch = PRUNE_BATCH }: PruneOptions,
): Promise<number> {
  // Most days there is nothing to do. Where somebody has made rows look young, verification finds it.
  if (!(await isAnyOld(db, cutoff))) return 0;
  let pruned = 0;
  await onWholeAudit(db, chain, { gather: () => marksBefore(cutoff, batch) }, async (whole) => {
    const { reading, gathered, locked } = whole;
    // As it was read: further on come the checkpoints themselves.
    const marks = gathered.marks();
    if (!reading.verification.verdict().strict && marks.length > 0)
      throw new StartupProblem(
        'The audit log is from an earlier version, and old rows stay until a service of this version has started with it. Start the service first. Nothing was changed.',
      );
    let first = reading.first ?? 0;
    for (const mark of marks) {
      await locked((trx) => pruneTo(trx, chain, whole, { mark, first, cutoff, actor }));
      pruned += mark.seq + 1 - first;
      first = mark.seq + 1;
    }
  });
  return pruned;
}

/** Clocks differ: the numbers count, up to the first row that is new enough to stay. */
async function isAnyOld(db: Kysely<Schema>, cutoff: Date): Promise<boolean> {
  const first = await db.selectFrom('audit_log').select('at').orderBy('seq').limit(1).executeTakeFirst();
  return first !== undefined && !(first.at >= cutoff);
}

/** Where checkpoints are due. A checkpoint alone is left as it is: it would only be replaced by another one. */
function marksBefore(cutoff: Date, batch: number): { marks(): readonly PruneMark[]; readonly see: SeeRow } {
  const full: PruneMark[] = [];
  let last: PruneMark | undefined;
  let inPart = 0;
  let isOver = false;
  return {
    marks: () => (last === undefined ? [...full] : [...full, last]),
    see(row, verification) {
      isOver ||= row.at >= cutoff;
      if (isOver) return;
      if (row.action !== 'audit.checkpoint' || last !== undefined) last = verification.mark();
      inPart += 1;
      if (inPart < batch || last === undefined) return;
      full.push(last);
      last = undefined;
      inPart = 0;
    },
  };
}

interface Part {
  readonly mark: PruneMark;
  /** Number of the first row of the part. */
  readonly first: number;
  readonly cutoff: Date;
  readonly actor: AuditActor;
}

async function pruneTo(
  trx: Transaction<Schema>,
  chain: AuditChain,
  { reading }: WholeAudit<unknown>,
  { mark, first, cutoff, actor }: Part,
): Promise<void> {
  const oldest = await trx.selectFrom('audit_log').select('seq').orderBy('seq').limit(1).executeTakeFirst();
  if (oldest?.seq !== first) throw changedMeanwhile(first);
  const { seq, mac, rules } = mark;
  const now = await learnKeyLedger(trx, chain);
  const head = await readAuditHead(trx);
  const erasures = rules.strict ? {} : { erasures_left: reading.verification.erasuresLeft(mark) };
  const before = { pruned_to: seq, pruned_mac: mac, pruned_before: cutoff.toISOString() };
  const details = { ...before, ...erasures, ...rulesToDetails(rules) };
  const action = 'audit.checkpoint' as const;
  const { id: writer } = chain.masterKeys.active();
  const vouchers = checkpointVouchers(rules, now).filter((id) => id !== writer);
  const fields = auditFields({ action, outcome: 'ok', actor });
  const vouched = vouchedFor(chain, head, { action, details, vouchers });
  await appendAuditRows(trx, chain, [{ fields: { ...fields, details: vouched }, at: new Date() }]);
  await trx.deleteFrom('audit_log').where('seq', '<=', seq).execute();
}
