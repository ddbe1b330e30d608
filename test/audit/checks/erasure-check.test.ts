// What the check of erasures counts, as a checkpoint is written from it: of erasures that do not name their rows.
import { describe, expect, it } from 'vitest';
import { type AuditRow, GENESIS } from '../../../src/audit/audit-chain.ts';
import { createErasureCheck } from '../../../src/audit/audit-erasures.ts';
import { auditFields } from '../../../src/audit/audit-fields.ts';
import { anEvent, newChain } from '../../support/memory/audit-rows.ts';

const chain = newChain();
const [whole] = [chain.extend(GENESIS, auditFields(anEvent()), new Date())];
const row = (seq: number): AuditRow => ({ ...whole, seq });
const erased = (seq: number): AuditRow => ({ ...row(seq), actorUser: null, subject: null, address: null, salt: null });
const erase = (seq: number, details: AuditRow['details']): AuditRow => ({
  ...row(seq),
  action: 'audit.erase',
  details,
});
const format = (seq: number, details: AuditRow['details']): AuditRow => ({
  ...row(seq),
  action: 'audit.format',
  details,
});

function check(rows: readonly AuditRow[], { prunedTo = 0, before = 0, strict = false } = {}) {
  const one = createErasureCheck(prunedTo);
  if (before !== 0) one.countBefore(before);
  return { one, flaws: rows.map((each) => one.add(each, strict)).filter((flaw) => flaw !== undefined) };
}

describe('erasures that do not name their rows', () => {
  const rows = [erased(1), row(2), erased(3), erase(4, { rows: 2 }), erased(5)];

  it('are counted, and so are the rows up to somewhere that they speak of', () => {
    const { one, flaws } = check(rows);
    expect(flaws).toEqual([]);
    expect(one.recorded()).toBe(2);
    expect(one.unnamed()).toBe(3);
    // Two were recorded; up to row 2 one is erased, up to row 3 two, up to row 5 three.
    expect([0, 1, 2, 3, 4, 5].map((seq) => one.left(2, seq))).toEqual([2, 1, 1, 0, 0, -1]);
    expect(one.left(0, 5)).toBe(-3);
    expect(one.end()).toEqual({ seq: 1, reason: 'erased' });
  });

  it('go on from what a checkpoint says of those before it', () => {
    const { one } = check(rows, { before: 1 });
    expect(one.left(2, 5)).toBe(0);
    expect(one.end()).toBeUndefined();
    expect(check(rows, { before: 0.5 }).one.end()).toEqual({ seq: 1, reason: 'erased' });
    expect(check([], { before: 1.5 }).one.end()).toEqual({ seq: 1, reason: 'checkpoint' });
    expect(check([], { before: -1, prunedTo: 7 }).one.end()).toEqual({ seq: 8, reason: 'checkpoint' });
  });

  it('speak of nothing without a number, and are a flaw where erasures have to name their rows', () => {
    expect(check([erase(1, {})]).one.recorded()).toBe(0);
    expect(check([erase(1, null)])).toMatchObject({ flaws: [] });
    expect(check([erase(1, null)], { strict: true }).flaws).toEqual([{ seq: 1, reason: 'erased' }]);
    expect(check([erase(1, { rows: 0 })], { strict: true }).flaws).toEqual([]);
  });
});

describe('erasures that name their rows', () => {
  it('take pruned rows for gone, up to the last of them', () => {
    expect(check([erase(9, { seqs: '3-5', rows: 3 })], { prunedTo: 5 }).flaws).toEqual([]);
    expect(check([erase(9, { seqs: '3-6', rows: 4 })], { prunedTo: 5 }).flaws).toEqual([
      { seq: 6, reason: 'restored' },
    ]);
  });

  it('leave the rest to those that a beginning of the rules has adopted', () => {
    const { one, flaws } = check([
      erased(1),
      erased(2),
      format(3, { erased: '1-2' }),
      erase(4, { seqs: '2', rows: 1 }),
    ]);
    expect(flaws).toEqual([]);
    expect(one.unnamed()).toBe(1);
    expect(check([erased(1), format(2, null)]).one.end()).toEqual({ seq: 1, reason: 'erased' });
    expect(check([format(1, { erased: 'x' })]).flaws).toEqual([{ seq: 1, reason: 'erased' }]);
  });
});
