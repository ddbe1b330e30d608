// Writes into the audit log that a change to another master key has begun, or is finished; and once, into a log from before
// there were such rows, since when it is under the rules.
import type { Kysely, Transaction } from 'kysely';
import { keyCheckValue } from '../../crypto/key-check.ts';
import type { Schema } from '../../database/database-schema.ts';
import { StartupProblem } from '../../shared/errors.ts';
import { type AuditChain, type AuditRow, isErased } from '../audit-chain.ts';
import { type AuditDetails, auditFields } from '../audit-fields.ts';
import type { AuditAction, AuditActor } from '../audit-log.ts';
import { type LogRules, vouchedFor } from '../audit-rules.ts';
import { nothing, type SeeRow } from '../postgres-audit-reading.ts';
import { insertAuditRows, readAuditHead } from '../postgres-audit-rows.ts';
import { rangesOf } from '../row-numbers.ts';
import { changedMeanwhile, onWholeAudit } from '../upkeep/postgres-whole-audit.ts';
import { learnKeyLedger } from './postgres-key-ledger.ts';

/** Whether every replica that is running has the key. Asked under the chain's lock. */
export type EveryReplicaHas = (keyId: string, db: Kysely<Schema>) => Promise<boolean>;

const SERVICE: AuditActor = { kind: 'system', id: 'byok' };

/** Flaws with which keys may change all the same: rows of a key that is out of use, and out of the list, say nothing about it. */
const TOLERATED = ['unknown_key'] as const;

/**
 * Records that the first key of the list takes over, once: of several replicas that start at the same time one does it.
 * `waiting`: some replica does not have that key yet, and everything goes on with the current one.
 * @throws AuditFlawProblem where the log does not hold: everything goes on with the current key then too.
 */
export async function beginKeyChange(
  db: Kysely<Schema>,
  chain: AuditChain,
  everyReplicaHas: EveryReplicaHas,
): Promise<'begun' | 'waiting' | undefined> {
  const early = await planOf(db, chain, everyReplicaHas);
  if (early === undefined || early === 'waiting') return early;
  // What the row about the beginning of the rules says of older rows is true of rows that are as they were written.
  const tolerated = early.isFormatDue ? [] : TOLERATED;
  return await onWholeAudit(db, chain, { gather: erasedRows, tolerated }, ({ reading, gathered, locked }) =>
    locked(async (trx) => {
      const plan = await planOf(trx, chain, everyReplicaHas);
      if (plan === undefined || plan === 'waiting') return plan;
      // Nobody has made the log look like an old one since.
      const isOld = early.isFormatDue && !reading.verification.verdict().strict;
      if (plan.isFormatDue && !isOld) throw changedMeanwhile(1);
      await carryOut({ trx, chain, actor: SERVICE }, plan, gathered.seqs);
      await learnKeyLedger(trx, chain);
      return plan.isChange ? 'begun' : undefined;
    }),
  );
}

interface Plan {
  readonly first: string;
  /** The key that counts until now. */
  readonly current: string;
  readonly isFormatDue: boolean;
  readonly isChange: boolean;
}

/** What there is to write; undefined: nothing. */
async function planOf(
  db: Kysely<Schema>,
  chain: AuditChain,
  everyReplicaHas: EveryReplicaHas,
): Promise<Plan | 'waiting' | undefined> {
  const rules = await learnKeyLedger(db, chain);
  const { first, isDone } = stateOf(chain, rules);
  if (isDone) return undefined;
  const isChange = !rules.counting.includes(first);
  // A log that has rows of that key already: the change was made before there were rows about it.
  const isOld = !rules.strict && (await lastKeyId(db)) === first;
  if (isChange && !isOld && !(await everyReplicaHas(first, db))) return 'waiting';
  return { first, isChange, isFormatDue: !rules.strict, current: rules.counting.at(-1) ?? first };
}

async function carryOut(
  writer: Writer,
  { first, current, isFormatDue, isChange }: Plan,
  erased: readonly number[],
): Promise<void> {
  if (isFormatDue) {
    const seqs = rangesOf(erased, Number.POSITIVE_INFINITY)[0] ?? '';
    // No other key, although some may have written in it: what an old log says of keys anybody may have put there.
    const details = { version: 2, keys: current, erased: seqs };
    await writeRule(writer, { action: 'audit.format', details, keyId: current, vouchers: [] });
  }
  if (isChange)
    await writeRule(writer, {
      action: 'master_key.begun',
      details: { from: current, to: first },
      keyId: first,
      vouchers: [current],
    });
}

/**
 * Records that nothing is left that was made with an older key than the first of the list: from here on only that one counts.
 * For the command that has seen to it. Takes the role that owns the tables: that of the service may not move the key check
 * value. @throws StartupProblem where that cannot be so.
 */
export async function finishKeyChange(
  db: Kysely<Schema>,
  chain: AuditChain,
  { everyReplicaHas, actor }: { everyReplicaHas: EveryReplicaHas; actor: AuditActor },
): Promise<void> {
  await onWholeAudit(db, chain, { gather: nothing, tolerated: TOLERATED }, ({ locked }) =>
    locked(async (trx) => {
      const { counting, retired } = await learnKeyLedger(trx, chain);
      const [first] = chain.masterKeys.all;
      const ended = counting.filter((id) => id !== first?.id);
      if (first === undefined || !counting.includes(first.id) || ended.length === 0)
        throw new StartupProblem('There is no change of ENCRYPTION_KEY to finish. Nothing was changed.');
      if (!(await everyReplicaHas(first.id, trx)))
        throw new StartupProblem(
          'Some running replica does not have the first key of ENCRYPTION_KEY: `byok doctor` says which. Nothing was changed.',
        );
      const details = { from: ended.join(' '), to: first.id };
      await writeRule(
        { trx, chain, actor },
        {
          action: 'master_key.finished',
          details,
          keyId: first.id,
          vouchers: ended.filter((id) => chain.keyIds.includes(id)),
        },
      );
      // From here on a start needs this key, and no older one; and those stay out of use whatever becomes of the row, with
      // every other one in the list: what was made with them is made with this one by now.
      const others = chain.keyIds.filter((id) => id !== first.id);
      await trx
        .updateTable('key_check')
        .set({ value: keyCheckValue(first.bytes), retired: [...new Set([...retired, ...ended, ...others])].join(' ') })
        .execute();
      await learnKeyLedger(trx, chain);
    }),
  );
}

function stateOf({ keyIds }: AuditChain, { counting, retired, strict }: LogRules): { first: string; isDone: boolean } {
  const [first = ''] = keyIds;
  // A replica whose list still begins with a key that is out of use must not bring it back.
  const isSettled = counting.includes(first) || retired.includes(first);
  return { first, isDone: counting.length === 0 || (strict && isSettled) };
}

interface Writer {
  readonly trx: Transaction<Schema>;
  readonly chain: AuditChain;
  readonly actor: AuditActor;
}

interface Rule {
  readonly action: AuditAction;
  readonly details: AuditDetails;
  readonly keyId: string;
  /** Other keys that have a say in it. */
  readonly vouchers: readonly string[];
}

async function writeRule({ trx, chain, actor }: Writer, { action, details, keyId, vouchers }: Rule): Promise<void> {
  const head = await readAuditHead(trx);
  const fields = auditFields({ action, outcome: 'ok', actor });
  const vouched = vouchedFor(chain, head, { action, details, vouchers });
  const row: AuditRow = chain.extend(head, { ...fields, details: vouched }, new Date(), keyId);
  await insertAuditRows(trx, [row]);
}

async function lastKeyId(db: Kysely<Schema>): Promise<string | undefined> {
  const last = await db.selectFrom('audit_log').select('key_id').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return last?.key_id;
}

function erasedRows(): { readonly seqs: number[]; readonly see: SeeRow } {
  const seqs: number[] = [];
  return {
    seqs,
    see(row) {
      if (isErased(row)) seqs.push(row.seq);
    },
  };
}
