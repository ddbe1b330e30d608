// Reads from the audit log which master keys count now, by the few rows that say so and without the others.
import { type Kysely, sql } from 'kysely';
import { keyCheckValue } from '../../crypto/key-check.ts';
import type { Schema } from '../../database/database-schema.ts';
import type { AuditChain } from '../audit-chain.ts';
import { AUDIT_COLUMNS } from '../audit-fields.ts';
import { idsIn, type LogRules } from '../audit-rules.ts';
import { type BelievedRules, believedRules, type LinkedRow } from './believed-rules.ts';

/** Brings what this process knows of master keys up to date. */
export async function learnKeyLedger(db: Kysely<Schema>, chain: AuditChain): Promise<LogRules> {
  const rows = await readRulingRows(db);
  const check = await readKeyCheck(db);
  const { rules } = await judge(db, chain, rows, check);
  // What is out of use is not taken from rows: anyone who may delete some would bring a key back, and anyone with an older key
  // that still counts would take a newer one out of use.
  const retired = check.retired.filter((id) => id !== usedBy(chain, check));
  const counting = rules.counting.filter((id) => !retired.includes(id));
  const asOf = rows.findLast(({ action }) => action !== 'audit.checkpoint')?.seq ?? 0;
  chain.masterKeys.learn({ counting, retired, asOf });
  return { ...rules, counting, retired };
}

/** Where the log begins, as far as anything is believed of that. */
export const readBelievedRules = async (db: Kysely<Schema>, chain: AuditChain): Promise<BelievedRules> =>
  await judge(db, chain, await readRulingRows(db), await readKeyCheck(db));

interface KeyCheck {
  readonly value: string | undefined;
  /** Ids of keys that were out of use when the last change was finished. Only the owner of the tables writes them. */
  readonly retired: readonly string[];
}

async function readKeyCheck(db: Kysely<Schema>): Promise<KeyCheck> {
  const row = await db.selectFrom('key_check').select(['value', 'retired']).executeTakeFirst();
  return { value: row?.value, retired: idsIn(row?.retired) };
}

/** Id of the key that the database is used with; undefined where it is not in the list. */
const usedBy = ({ masterKeys }: AuditChain, { value }: KeyCheck): string | undefined =>
  masterKeys.all.find(({ bytes }) => keyCheckValue(bytes) === value)?.id;

async function judge(
  db: Kysely<Schema>,
  chain: AuditChain,
  rows: readonly LinkedRow[],
  check: KeyCheck,
): Promise<BelievedRules> {
  const checkpoints = rows.filter(({ action }) => action === 'audit.checkpoint');
  const ruling = rows.filter(({ action }) => action !== 'audit.checkpoint');
  const first = await ownRows(db).orderBy('seq').limit(1).executeTakeFirst();
  const { retired } = check;
  return believedRules({ ruling, checkpoints, first, used: usedBy(chain, check), retired }, chain);
}

/** No row of ours has a number below 1: somebody put it there, and it must not stand for the first of the log. */
const ownRows = (db: Kysely<Schema>) => db.selectFrom('audit_log').select(AUDIT_COLUMNS).where('seq', '>=', 1);

/** Rows with the MAC of the row before each; null where that is not there. */
export const selectWithPreviousMac = (db: Kysely<Schema>) =>
  ownRows(db).select((row) =>
    row
      .selectFrom('audit_log as one_before')
      .select('one_before.mac')
      .where('one_before.seq', '=', sql<number>`audit_log.seq - 1`)
      .as('previousMac'),
  );

const readRulingRows = (db: Kysely<Schema>): Promise<LinkedRow[]> =>
  selectWithPreviousMac(db)
    // Written out, so that the planner sees that the index `audit_log_rules` has them.
    .where(sql<boolean>`action in ('master_key.begun', 'master_key.finished', 'audit.format', 'audit.checkpoint')`)
    .orderBy('seq')
    .execute();
