// Erasures name their rows: no other row can be erased in the place of one of them, and none can be brought back.
import { describe, expect, it } from 'vitest';
import { type AuditChain, type AuditRow, GENESIS, OLD_GENESIS } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import type { AuditAction } from '../../src/audit/audit-log.ts';
import { NO_RULES } from '../../src/audit/audit-rules.ts';
import { numbersIn, rangesOf } from '../../src/audit/row-numbers.ts';
import { chainOf, newChain, verifyRows } from '../support/memory/audit-rows.ts';

const chain = newChain();
const LENGTH = 40;
const rows = chainOf(LENGTH, chain);
const old = chainOf(LENGTH, chain, OLD_GENESIS);
const erase = (row: AuditRow): AuditRow => ({ ...row, actorUser: null, subject: null, address: null, salt: null });
const erasing = (all: readonly AuditRow[], seqs: readonly number[]): AuditRow[] =>
  all.map((row) => (seqs.includes(row.seq) ? erase(row) : row));
const writing = (all: readonly AuditRow[], action: AuditAction, details = {}, by: AuditChain = chain): AuditRow[] => {
  const fields = auditFields({ action, outcome: 'ok', actor: { kind: 'operator', id: 'byok audit erase' } });
  return [...all, by.extend(all.at(-1) ?? GENESIS, { ...fields, details }, new Date())];
};
const named = (all: readonly AuditRow[], seqs: string): AuditRow[] => writing(all, 'audit.erase', { rows: 3, seqs });
const flawOf = (all: readonly AuditRow[]) => verifyRows(all, { chain }).firstBad;

describe('an erasure', () => {
  it('leaves the chain whole where it names the rows that are erased', () => {
    expect(flawOf(named(erasing(rows, [3, 4, 5, 9]), '3-5,9'))).toBeUndefined();
    expect(flawOf(named(named(erasing(rows, [3, 4, 5, 9]), '3-5'), '9'))).toBeUndefined();
    expect(flawOf(writing(rows, 'audit.erase', { rows: 0 }))).toBeUndefined();
  });

  it('does not cover another row: one is brought back, and one’s own is erased', () => {
    const all = named(erasing(rows, [3, 4, 5]), '3-5');
    const back = all.map((row) => (row.seq === 4 ? (rows[3] as AuditRow) : row));
    expect(flawOf(back)).toEqual({ seq: 4, reason: 'restored' });
    const swapped = back.map((row) => (row.seq === 11 ? erase(row) : row));
    expect(flawOf(swapped)).toEqual({ seq: 4, reason: 'restored' });
    expect(flawOf(all.map((row) => (row.seq === 11 ? erase(row) : row)))).toEqual({ seq: 11, reason: 'erased' });
  });

  it.each([
    ['rows that are not erased', '3-6', { seq: 6, reason: 'restored' }],
    ['rows after itself', '3-5,50', { seq: 41, reason: 'erased' }],
    ['itself', '3-5,41', { seq: 41, reason: 'erased' }],
    ['nothing that can be read', '3-5,x', { seq: 41, reason: 'erased' }],
    ['more rows than there can be', '1-999999999999999', { seq: 41, reason: 'erased' }],
    ['row 0', '0-5', { seq: 41, reason: 'erased' }],
  ])('is a flaw where it names %s', (_, seqs, flaw) => {
    expect(flawOf(named(erasing(rows, [3, 4, 5]), seqs))).toEqual(flaw);
  });

  it('without names is a flaw in a log that was begun under the rules', () => {
    expect(flawOf(writing(erasing(rows, [3]), 'audit.erase', { rows: 1 }))).toEqual({ seq: 41, reason: 'erased' });
  });

  it('may name rows that were pruned since', () => {
    const all = named(erasing(rows, [3, 4, 30]), '3-4,30').slice(20);
    const prunedTo = {
      seq: 20,
      mac: rows[19]?.mac ?? '',
      rules: { ...NO_RULES, counting: chain.keyIds, strict: true },
    };
    const details = { pruned_to: 20, pruned_mac: prunedTo.mac, keys: chain.keyIds.join(' '), retired: '' };
    const kept = writing(all, 'audit.checkpoint', details);
    expect(verifyRows(kept, { chain, prunedTo }).firstBad).toBeUndefined();
    const swapped = kept.map((row) => (row.seq === 31 ? erase(row) : row));
    expect(verifyRows(swapped, { chain, prunedTo }).firstBad).toEqual({ seq: 31, reason: 'erased' });
  });
});

describe('a log from before erasures named their rows', () => {
  const erased = writing(erasing(old, [3, 4, 5]), 'audit.erase', { rows: 3 });
  const format = (all: readonly AuditRow[], seqs: string) =>
    writing(all, 'audit.format', { version: 2, keys: chain.keyIds.join(' '), erased: seqs });

  it('verifies by their number, with a note', () => {
    expect(verifyRows(erased, { chain })).toMatchObject({ firstBad: undefined, unnamedErasures: 3, strict: false });
    expect(flawOf(erasing(erased, [11]))).toEqual({ seq: 3, reason: 'erased' });
  });

  it('verifies after the rules began, from where on those rows are named too', () => {
    const all = named(erasing(format(erased, '3-5'), [9]), '9');
    expect(verifyRows(all, { chain })).toMatchObject({ firstBad: undefined, unnamedErasures: 3, strict: true });
    const swapped = all.map((row) => (row.seq === 4 ? (old[3] as AuditRow) : row.seq === 11 ? erase(row) : row));
    expect(flawOf(swapped)).toEqual({ seq: 4, reason: 'restored' });
    expect(flawOf(erasing(all, [11]))).toEqual({ seq: 11, reason: 'erased' });
  });

  it('takes no erasure of the old kind after that, and no second beginning', () => {
    const all = format(erased, '3-5');
    expect(flawOf(writing(erasing(all, [11]), 'audit.erase', { rows: 1 }))).toEqual({ seq: 43, reason: 'erased' });
    expect(flawOf(format(erasing(all, [11]), '3-5,11'))).toEqual({ seq: 43, reason: 'master_key' });
    expect(flawOf(format(rows, ''))).toEqual({ seq: 41, reason: 'master_key' });
  });

  it('ends with a flaw where a checkpoint speaks of fewer erasures than none', () => {
    const prunedTo = { seq: 20, mac: old[19]?.mac ?? '', rules: NO_RULES };
    const behind = (left: number) =>
      writing(old.slice(20), 'audit.checkpoint', { pruned_to: 20, pruned_mac: prunedTo.mac, erasures_left: left });
    const flaw = (all: readonly AuditRow[]) => verifyRows(all, { chain, prunedTo }).firstBad;
    expect(flaw(behind(0))).toBeUndefined();
    expect(flaw(behind(-2))).toEqual({ seq: 21, reason: 'checkpoint' });
    expect(flaw(erasing(behind(-2), [30]))).toEqual({ seq: 30, reason: 'erased' });
    // What was erased among the pruned rows is recorded further on.
    expect(flaw(writing(behind(-2), 'audit.erase', { rows: 2 }))).toBeUndefined();
  });

  it('still finds more erased rows than were recorded before', () => {
    expect(flawOf(format(erasing(erased, [11]), '3-5,11'))).toEqual({ seq: 3, reason: 'erased' });
  });
});

describe('numbers of rows as text', () => {
  it('are ranges, split where they are many, and read back', () => {
    expect(rangesOf([9, 3, 4, 5])).toEqual(['3-5,9']);
    expect(rangesOf([])).toEqual([]);
    const many = Array.from({ length: 1_200 }, (_, index) => 2 * index + 1);
    const texts = rangesOf(many);
    expect(texts).toHaveLength(3);
    expect(texts.flatMap((text) => numbersIn(text, 10_000))).toEqual(many);
    expect(numbersIn('', 5)).toEqual([]);
    for (const text of ['5-3', '1-', '-1', 'a', '1.5', '6', undefined, 7]) expect(numbersIn(text, 5)).toBeUndefined();
  });
});
