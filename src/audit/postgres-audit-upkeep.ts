// What only the owner of the audit log may do: take old rows out behind a checkpoint, and erase a person.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { errorCode } from '../database/database-statements.ts';
import { StartupProblem } from '../shared/errors.ts';
import { type AuditChain, type AuditRow, GENESIS, isErased } from './audit-chain.ts';
import { AUDIT_COLUMNS, auditFields } from './audit-fields.ts';
import type { AuditAction, AuditActor } from './audit-log.ts';
import {
  checkpointVouchers,
  firstRules,
  type LogRules,
  rulesAfter,
  rulesFromDetails,
  rulesToDetails,
  vouchedFor,
} from './audit-rules.ts';
import { learnKeyLedger } from './master-keys/postgres-key-ledger.ts';
import { appendAuditRows, lockAuditChain, readAuditHead } from './postgres-audit-rows.ts';
import { numbersIn, rangesOf } from './row-numbers.ts';

/** Rows that one checkpoint stands for: nobody can append while they are deleted. */
const PRUNE_BATCH = 20_000;

/** Whether the role of this connection may delete rows. */
export async function mayPruneAudit(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`select has_table_privilege('audit_log', 'delete') as yes`.execute(db);
  return rows[0]?.yes === true;
}

/** Takes out the rows written before `cutoff`. Each part of them goes in one transaction with its checkpoint row. @returns how many. */
export async function pruneAudit(
  db: Kysely<Schema>,
  chain: AuditChain,
  cutoff: Date,
  actor: AuditActor,
): Promise<number> {
  let pruned = 0;
  for (;;) {
    const part = await prunePart(db, chain, cutoff, actor);
    pruned += part;
    if (part < PRUNE_BATCH) return pruned;
  }
}

async function prunePart(db: Kysely<Schema>, chain: AuditChain, cutoff: Date, actor: AuditActor): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    const oldest = await trx.selectFrom('audit_log').select(AUDIT_COLUMNS).orderBy('seq').limit(PRUNE_BATCH).execute();
    // Clocks differ: the numbers count, up to the first row that is new enough to stay.
    const keep = oldest.findIndex(({ at }) => at >= cutoff);
    const old = keep === -1 ? oldest : oldest.slice(0, keep);
    const last = old.at(-1);
    // A checkpoint alone is left as it is: it would only be replaced by another one.
    if (last === undefined || old.every(({ action }) => action === 'audit.checkpoint')) return 0;
    const now = await learnKeyLedger(trx, chain);
    const head = await readAuditHead(trx);
    const before = await lastDetails(trx, 'audit.checkpoint');
    const rules = rulesBehind(old, before, chain);
    const erasures = rules.strict ? {} : { erasures_left: await erasuresLeft(trx, old, before) };
    const details = { pruned_to: last.seq, pruned_mac: last.mac, ...erasures, ...rulesToDetails(rules) };
    const action = 'audit.checkpoint' as const;
    const { id: writer } = chain.masterKeys.active();
    const vouchers = checkpointVouchers(rules, now).filter((id) => id !== writer);
    const fields = auditFields({ action, outcome: 'ok', actor });
    const vouched = vouchedFor(chain, head, { action, details, vouchers });
    await appendAuditRows(trx, chain, [{ fields: { ...fields, details: vouched }, at: new Date() }]);
    await trx.deleteFrom('audit_log').where('seq', '<=', last.seq).execute();
    return old.length;
  });
}

type Details = AuditRow['details'];

/** The rules that hold after these rows, which are the oldest. @param pruned the checkpoint before them. */
function rulesBehind(old: readonly AuditRow[], pruned: Details, chain: AuditChain): LogRules {
  const [first] = old;
  const isBeginning = first?.seq === 1 && chain.flawOf(first, GENESIS) !== 'edited';
  return old.reduce(
    (rules, row, index) => {
      const previous = old[index - 1] ?? { seq: row.seq - 1, mac: String(pruned?.pruned_mac ?? GENESIS.mac) };
      return rulesAfter(rules, row, previous, chain) ?? rules;
    },
    isBeginning ? firstRules(first) : rulesFromDetails(pruned),
  );
}

async function lastDetails(trx: Kysely<Schema>, action: AuditAction): Promise<Details> {
  const query = trx.selectFrom('audit_log').select('details').where('action', '=', action);
  return (await query.orderBy('seq', 'desc').limit(1).executeTakeFirst())?.details ?? null;
}

/**
 * Of the erasures from before they named their rows: recorded ones less erased rows, among all that was pruned so far. What
 * is recorded there counts for no other row.
 */
async function erasuresLeft(trx: Kysely<Schema>, old: readonly AuditRow[], pruned: Details): Promise<number> {
  const format = await lastDetails(trx, 'audit.format');
  const known = format === null ? undefined : new Set(numbersIn(format.erased, Number.MAX_SAFE_INTEGER));
  const countOf = (row: AuditRow): number => {
    const recorded =
      row.action === 'audit.erase' && row.details?.seqs === undefined ? Number(row.details?.rows ?? 0) : 0;
    const isCounted = isErased(row) && (known === undefined || known.has(row.seq));
    return recorded - (isCounted ? 1 : 0);
  };
  return old.reduce((sum, row) => sum + countOf(row), Number(pruned?.erasures_left ?? 0));
}

/** Takes a person out of the rows that name them; the rows stay. @returns how many rows that were. */
export async function erasePerson(db: Kysely<Schema>, chain: AuditChain, userId: string): Promise<number> {
  try {
    return await db.transaction().execute(async (trx) => {
      const updated = await trx
        .updateTable('audit_log')
        .set({ actor_user: null, subject: null, address: null, salt: null })
        .where((is) => is.or([is('subject', '=', userId), is('actor_user', '=', userId)]))
        .returning('seq')
        .execute();
      const rows = updated.length;
      await lockAuditChain(trx);
      const actor: AuditActor = { kind: 'operator', id: 'byok audit erase' };
      const fields = auditFields({ action: 'audit.erase', outcome: 'ok', actor });
      // Which rows, so that no other one can be erased in the place of one of them; several rows where they are many.
      const parts = rangesOf(updated.map(({ seq }) => seq)).map((seqs) => ({ rows, seqs }));
      const news = parts.length === 0 ? [{ rows }] : parts;
      await appendAuditRows(
        trx,
        chain,
        news.map((details) => ({ fields: { ...fields, details }, at: new Date() })),
      );
      return rows;
    });
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new StartupProblem(
      'The database role may not change audit rows. Set DATABASE_MIGRATION_URL to the role that owns the tables. Nothing was changed.',
    );
  }
}
