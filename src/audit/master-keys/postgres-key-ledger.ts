// Reads from the audit log which master keys count now, by the few rows that say so and without the others.
import { type Kysely, sql } from 'kysely';
import { keyCheckValue } from '../../crypto/key-check.ts';
import type { Schema } from '../../database/database-schema.ts';
import { type AuditChain, type AuditRow, type ChainHead, GENESIS, OLD_GENESIS } from '../audit-chain.ts';
import { AUDIT_COLUMNS } from '../audit-fields.ts';
import {
  firstRules,
  isCheckpointVouchedFor,
  type LogRules,
  NO_RULES,
  rulesAfter,
  rulesFromDetails,
} from '../audit-rules.ts';

interface RulingRow extends AuditRow {
  /** MAC of the row before it; null where that was pruned. */
  readonly previousMac: string | null;
}

/** Brings what this process knows of master keys up to date. */
export async function learnKeyLedger(db: Kysely<Schema>, chain: AuditChain): Promise<LogRules> {
  const rows = await readRulingRows(db);
  const rules = rulesBy(rows, await readFirstRules(db, chain), chain);
  const asOf = rows.findLast(({ action }) => action !== 'audit.checkpoint')?.seq ?? 0;
  chain.masterKeys.learn({ counting: rules.counting, retired: rules.retired, asOf });
  return rules;
}

/** Rows that nobody who may has written are passed over: verification names them. */
function rulesBy(rows: readonly RulingRow[], first: FirstRules, chain: AuditChain): LogRules {
  const checkpoint = rows.findLast(({ action }) => action === 'audit.checkpoint');
  const before = ({ seq, previousMac }: RulingRow): ChainHead =>
    seq === 1 ? GENESIS : { seq: seq - 1, mac: previousMac ?? String(checkpoint?.details?.pruned_mac ?? '') };
  const from = (start: LogRules, prunedTo: number): LogRules =>
    rows
      .filter(({ seq, action }) => seq > prunedTo && action !== 'audit.checkpoint')
      .reduce((rules, row) => {
        const flaw = chain.flawOf(row, before(row));
        if (flaw === 'edited') return rules;
        return rulesAfter(rules, row, before(row), chain, flaw === undefined) ?? rules;
      }, start);
  if (checkpoint === undefined) return from(first, 0);
  const claimed = rulesFromDetails(checkpoint.details);
  const isWritten = chain.flawOf(checkpoint, before(checkpoint)) === undefined;
  // A log without its beginning is an old one only where a checkpoint says so that is as it was written.
  if (!claimed.strict && isWritten) return from({ ...first, strict: first.isBeginning && first.strict }, 0);
  const rules = from(claimed, Number(checkpoint.details?.pruned_to));
  const isTrue = claimed.strict && isWritten && isCheckpointVouchedFor(chain, checkpoint, before(checkpoint), rules);
  return isTrue ? rules : { ...from(first, 0), strict: true };
}

interface FirstRules extends LogRules {
  /** Whether the first row of all is there. */
  readonly isBeginning: boolean;
}

/**
 * As the first row has it, where it is there; else the key that the database was first used with counts. A row that is not
 * as it was written makes no log an old one.
 */
async function readFirstRules(db: Kysely<Schema>, chain: AuditChain): Promise<FirstRules> {
  const row = await db.selectFrom('audit_log').select(AUDIT_COLUMNS).orderBy('seq').limit(1).executeTakeFirst();
  const isBeginning = row?.seq === 1;
  if (isBeginning && chain.flawOf(row, GENESIS) === undefined) return { ...firstRules(row), isBeginning };
  const check = (await db.selectFrom('key_check').select('value').executeTakeFirst())?.value;
  const used = chain.masterKeys.all.find(({ bytes }) => keyCheckValue(bytes) === check);
  return {
    ...NO_RULES,
    counting: used === undefined ? [] : [used.id],
    strict: !isBeginning || chain.flawOf(row, OLD_GENESIS) !== undefined,
    isBeginning,
  };
}

/** Rows with the MAC of the row before each; null where that is not there. */
export const selectWithPreviousMac = (db: Kysely<Schema>) =>
  db
    .selectFrom('audit_log')
    .select(AUDIT_COLUMNS)
    .select((row) =>
      row
        .selectFrom('audit_log as one_before')
        .select('one_before.mac')
        .where('one_before.seq', '=', sql<number>`audit_log.seq - 1`)
        .as('previousMac'),
    );

const readRulingRows = (db: Kysely<Schema>): Promise<RulingRow[]> =>
  selectWithPreviousMac(db)
    // Written out, so that the planner sees that the index `audit_log_rules` has them.
    .where(sql<boolean>`action in ('master_key.begun', 'master_key.finished', 'audit.format', 'audit.checkpoint')`)
    .orderBy('seq')
    .execute();
