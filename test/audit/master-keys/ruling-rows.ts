// Logs for tests with the rows that say which master keys count, made as the service makes them or as somebody else might.
import { type AuditChain, type AuditRow, type ChainHead, GENESIS } from '../../../src/audit/audit-chain.ts';
import { type AuditDetails, auditFields } from '../../../src/audit/audit-fields.ts';
import type { AuditAction } from '../../../src/audit/audit-log.ts';
import { idsIn, vouchedFor } from '../../../src/audit/audit-rules.ts';
import type { LinkedRow, LogEvidence } from '../../../src/audit/master-keys/believed-rules.ts';
import { anEvent } from '../../support/memory/audit-rows.ts';

interface Ruling {
  readonly action: AuditAction;
  readonly details: AuditDetails;
  /** Id of the key that the row is written with. */
  readonly by: string;
  readonly vouchers?: readonly string[];
}

type Rows = readonly AuditRow[];

/** @param chain with every key that writes or vouches. */
export function createRulingRows(chain: AuditChain, genesis: ChainHead = GENESIS) {
  const headOf = (rows: Rows): ChainHead => rows.at(-1) ?? genesis;
  const rule = (rows: Rows, { action, details, by, vouchers = [] }: Ruling): AuditRow[] => {
    const fields = auditFields({ action, outcome: 'ok', actor: { kind: 'system', id: 'byok' } });
    const vouched = vouchedFor(chain, headOf(rows), { action, details, vouchers });
    return [...rows, chain.extend(headOf(rows), { ...fields, details: vouched }, new Date(), by)];
  };
  return {
    rule,
    write: (rows: Rows, by: string): AuditRow[] => [
      ...rows,
      chain.extend(headOf(rows), auditFields(anEvent()), new Date(), by),
    ],
    begin: (rows: Rows, from: string, to: string, vouchers = [from]) =>
      rule(rows, { action: 'master_key.begun', details: { from, to }, by: to, vouchers }),
    finish: (rows: Rows, from: string, to: string, { by = to, vouchers = from.split(' ').filter(Boolean) } = {}) =>
      rule(rows, { action: 'master_key.finished', details: { from, to }, by, vouchers }),
    format: (rows: Rows, keys: string, by: string, vouchers: readonly string[] = []) =>
      rule(rows, { action: 'audit.format', details: { version: 2, keys, erased: '' }, by, vouchers }),
    /** Says that the first `to` rows are pruned, and leaves them where they are. */
    checkpoint: (rows: Rows, to: number, details: AuditDetails, by: string, vouchers: readonly string[] = []) =>
      rule(rows, {
        action: 'audit.checkpoint',
        details: { pruned_to: to, pruned_mac: rows[to - 1]?.mac ?? '', ...details },
        by,
        vouchers,
      }),
  };
}

const RULING = ['master_key.begun', 'master_key.finished', 'audit.format'];

/** What there is to read of a log with these rows. Of ends of changes that `key_check` has as well, where nothing else is said. */
export function evidenceOf(rows: Rows, used: string | undefined, retired = endedIn(rows)): LogEvidence {
  const linked = rows.map(
    (row): LinkedRow => ({ ...row, previousMac: rows.find(({ seq }) => seq === row.seq - 1)?.mac ?? null }),
  );
  return {
    ruling: linked.filter(({ action }) => RULING.includes(action)),
    checkpoints: linked.filter(({ action }) => action === 'audit.checkpoint'),
    first: rows[0],
    used,
    retired,
  };
}

const endedIn = (rows: Rows): string[] =>
  rows.filter(({ action }) => action === 'master_key.finished').flatMap(({ details }) => idsIn(details?.from));
