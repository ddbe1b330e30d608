// Writes into the audit log that a change to another master key has begun, or is finished; and once, into a log from before
// there were such rows, since when it is under the rules.
import type { Kysely, Transaction } from 'kysely';
import { keyCheckValue } from '../../crypto/key-check.ts';
import type { Schema } from '../../database/database-schema.ts';
import { StartupProblem } from '../../shared/errors.ts';
import type { AuditChain, AuditRow } from '../audit-chain.ts';
import { type AuditDetails, auditFields } from '../audit-fields.ts';
import type { AuditAction, AuditActor } from '../audit-log.ts';
import { type LogRules, vouchedFor } from '../audit-rules.ts';
import { insertAuditRows, lockAuditChain, readAuditHead } from '../postgres-audit-rows.ts';
import { rangesOf } from '../row-numbers.ts';
import { learnKeyLedger } from './postgres-key-ledger.ts';

/** Whether every replica that is running has the key. Asked under the chain's lock. */
export type EveryReplicaHas = (keyId: string, db: Kysely<Schema>) => Promise<boolean>;

const SERVICE: AuditActor = { kind: 'system', id: 'byok' };

/**
 * Records that the first key of the list takes over, once: of several replicas that start at the same time one does it.
 * `waiting`: some replica does not have that key yet, and everything goes on with the current one.
 */
export async function beginKeyChange(
  db: Kysely<Schema>,
  chain: AuditChain,
  everyReplicaHas: EveryReplicaHas,
): Promise<'begun' | 'waiting' | undefined> {
  const { first, isDone } = stateOf(chain, await learnKeyLedger(db, chain));
  if (isDone) return undefined;
  return await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    const rules = await learnKeyLedger(trx, chain);
    if (stateOf(chain, rules).isDone) return undefined;
    const isChange = !rules.counting.includes(first);
    const head = await readAuditHead(trx);
    // A log that has rows of that key already: the change was made before there were rows about it.
    const isOld = !rules.strict && (await lastKeyId(trx)) === first;
    if (isChange && !isOld && !(await everyReplicaHas(first, trx))) return 'waiting';
    const current = rules.counting.at(-1) ?? first;
    const writer = { trx, chain, actor: SERVICE };
    if (!rules.strict && head.seq > 0) {
      const erased = rangesOf(await erasedRows(trx), Number.POSITIVE_INFINITY)[0] ?? '';
      const details = { version: 2, keys: current, erased };
      await writeRule(writer, { action: 'audit.format', details, keyId: current, vouchers: [] });
    }
    if (isChange)
      await writeRule(writer, {
        action: 'master_key.begun',
        details: { from: current, to: first },
        keyId: first,
        vouchers: [current],
      });
    await learnKeyLedger(trx, chain);
    return isChange ? 'begun' : undefined;
  });
}

/**
 * Records that nothing is left that was made with an older key than the first of the list: from here on only that one counts.
 * For the command that has seen to it. @throws StartupProblem where that cannot be so.
 */
export async function finishKeyChange(
  db: Kysely<Schema>,
  chain: AuditChain,
  { everyReplicaHas, actor }: { everyReplicaHas: EveryReplicaHas; actor: AuditActor },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    const { counting } = await learnKeyLedger(trx, chain);
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
    // From here on a start needs this key, and no older one.
    await trx
      .updateTable('key_check')
      .set({ value: keyCheckValue(first.bytes) })
      .execute();
    await learnKeyLedger(trx, chain);
  });
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

async function lastKeyId(trx: Transaction<Schema>): Promise<string | undefined> {
  const last = await trx.selectFrom('audit_log').select('key_id').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return last?.key_id;
}

async function erasedRows(trx: Transaction<Schema>): Promise<number[]> {
  const rows = await trx
    .selectFrom('audit_log')
    .select('seq')
    .where('commitment', 'is not', null)
    .where('salt', 'is', null)
    .execute();
  return rows.map(({ seq }) => seq);
}
