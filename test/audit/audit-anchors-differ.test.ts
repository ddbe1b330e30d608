// Anchors against rows that somebody with the key has written in the place of others, and what recorded restores excuse.
import { describe, expect, it } from 'vitest';
import { lostAnchorsText } from '../../src/audit/audit-anchor-check.ts';
import { type AuditAnchor, type AuditRow, anchorOf, GENESIS } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { anEvent, chainOf, newChain, verifyRows } from '../support/memory/audit-rows.ts';

const chain = newChain();
const first = chainOf(60, chain);
const anchorAt = (rows: readonly AuditRow[], seq: number): AuditAnchor => ({
  seq,
  head: anchorOf(rows[seq - 1] ?? GENESIS),
});
/** The log as it is after rows from 41 on were cut off and others written: behind the same 40 rows. */
const replaced = [...first.slice(0, 40)];
const write = (rows: AuditRow[], details = {}, action: AuditRow['action'] = 'key.add'): AuditRow[] => {
  const fields = { ...auditFields(anEvent()), details, action };
  return [...rows, chain.extend(rows.at(-1) ?? GENESIS, fields, new Date())];
};
let second: AuditRow[] = replaced;
while (second.length < 60) second = write(second);

describe('two heads for one number', () => {
  const [was, is] = [anchorAt(first, 50), anchorAt(second, 50)];

  it.each([
    ['the right one last', [was, is]],
    ['the right one first', [is, was]],
    ['among others, and repeated', [anchorAt(second, 30), is, is, was, anchorAt(second, 60)]],
    ['neither of them right', [was, { seq: 50, head: `sha256:${'0'.repeat(64)}` }]],
  ])('are a flaw: %s', (_, anchors) => {
    expect(verifyRows(second, { chain, anchors }).firstBad).toEqual({ seq: 50, reason: 'two_heads' });
  });

  it('are a flaw for rows beyond the end and for pruned rows too', () => {
    const beyond = [70, 70].map((seq, index) => ({ seq, head: `sha256:${String(index).repeat(64)}` }));
    expect(verifyRows(second, { chain, anchors: beyond }).firstBad).toEqual({ seq: 70, reason: 'two_heads' });
  });

  it('are none where one anchor is there twice', () => {
    expect(verifyRows(second, { chain, anchors: [is, is] })).toMatchObject({
      firstBad: undefined,
      anchors: { fit: 1 },
    });
  });

  it('do not hide an earlier flaw, nor are hidden by a later one', () => {
    const edited = second.map((row) => (row.seq === 45 ? { ...row, outcome: 'failed' } : row));
    expect(verifyRows(edited, { chain, anchors: [was, is] }).firstBad).toEqual({ seq: 45, reason: 'edited' });
    const later = second.map((row) => (row.seq === 55 ? { ...row, outcome: 'failed' } : row));
    expect(verifyRows(later, { chain, anchors: [was, is] }).firstBad).toEqual({ seq: 50, reason: 'two_heads' });
  });

  it('one anchor of another row is a flaw, and one beyond the end is truncation', () => {
    expect(verifyRows(second, { chain, anchors: [was] }).firstBad).toEqual({ seq: 50, reason: 'anchor' });
    expect(verifyRows(first.slice(0, 49), { chain, anchors: [was] }).firstBad).toEqual({
      seq: 50,
      reason: 'truncated',
    });
  });
});

describe('a restore that is recorded', () => {
  const lost = [45, 50, 60].map((seq) => anchorAt(first, seq));
  const recorded = (after: number, anchors: readonly AuditAnchor[], rows = replaced) =>
    write(rows, { after, lost: lostAnchorsText(anchors) }, 'audit.restored');

  it('excuses the anchors that it names, and verification says so each time', () => {
    const rows = write(write(recorded(40, lost)));
    const verdict = verifyRows(rows, { chain, anchors: [anchorAt(first, 30), ...lost] });
    expect(verdict).toMatchObject({
      firstBad: undefined,
      anchors: { fit: 1, lost: 3 },
      restores: [{ seq: 41, after: 40, to: 60 }],
    });
    expect(verifyRows(rows, { chain })).toMatchObject({ restores: [{ seq: 41, after: 40, to: 60 }] });
  });

  it('leaves anchors of the rows written since: two heads, one of them lost', () => {
    let rows = recorded(40, lost);
    while (rows.length < 60) rows = write(rows);
    const anchors = [...lost, anchorAt(rows, 50), anchorAt(rows, 60)];
    expect(verifyRows(rows, { chain, anchors })).toMatchObject({ firstBad: undefined, anchors: { fit: 2, lost: 3 } });
    const cut = rows.slice(0, 55);
    expect(verifyRows(cut, { chain, anchors }).firstBad).toEqual({ seq: 56, reason: 'truncated' });
  });

  it.each([
    ['an anchor that it does not name', recorded(40, lost.slice(0, 2)), { seq: 42, reason: 'truncated' }],
    [
      'another head of a number that it names',
      recorded(40, [{ ...(lost[2] as AuditAnchor), head: `sha256:${'a'.repeat(64)}` }, ...lost.slice(0, 2)]),
      { seq: 42, reason: 'truncated' },
    ],
    ['rows before the one up to which all is there', recorded(50, lost.slice(0, 1)), { seq: 42, reason: 'truncated' }],
    ['rows after itself as the ones that are left', recorded(41, lost), { seq: 42, reason: 'truncated' }],
  ])('does not excuse %s', (_, rows, flaw) => {
    expect(verifyRows(rows, { chain, anchors: lost }).firstBad).toMatchObject(flaw);
  });

  it('is worth nothing from somebody without the key', () => {
    const details = { after: 40, lost: lostAnchorsText(lost) };
    const fields = { ...auditFields(anEvent()), details, action: 'audit.restored' };
    const forged = newChain().extend(replaced.at(-1) as AuditRow, fields, new Date());
    expect(verifyRows([...replaced, forged], { chain, anchors: lost })).toMatchObject({
      firstBad: { seq: 41, reason: 'unknown_key' },
      restores: [],
    });
  });
});
