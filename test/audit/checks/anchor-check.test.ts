// What anchors say of rows, row by row: which fit, which are excused by a restore or a prune, and what is a flaw.
import { describe, expect, it } from 'vitest';
import { createAnchorCheck, lostAnchorsText } from '../../../src/audit/audit-anchor-check.ts';
import { type AuditAnchor, type AuditRow, anchorOf, type ChainHead, GENESIS } from '../../../src/audit/audit-chain.ts';

const DAY = 86_400_000;
const CUTOFF = new Date('2026-11-01T00:00:00.000Z');
const sinceCutoff = (ms: number): Date => new Date(CUTOFF.getTime() + ms);

const head = (seq: number, log = 'a'): ChainHead => ({ seq, mac: `${log}-${seq}` });
const anchor = (seq: number, { log = 'a', at }: { log?: string; at?: Date } = {}): AuditAnchor => ({
  seq,
  head: anchorOf(head(seq, log)),
  ...(at && { at }),
});
const restored = (seq: number, details: object | null): AuditRow =>
  ({ seq, action: 'audit.restored', details, at: sinceCutoff(seq) }) as AuditRow;

interface Log {
  /** Number of the last row that was pruned. */
  readonly pruned?: number;
  readonly cutoff?: Date;
  readonly last?: number;
  /** Rows that record a restore. */
  readonly restores?: readonly AuditRow[];
}

function check(anchors: readonly AuditAnchor[], { pruned = 0, cutoff, last = 20, restores = [] }: Log = {}) {
  const one = createAnchorCheck(anchors, { ...(pruned > 0 ? head(pruned) : GENESIS), cutoff });
  for (let seq = pruned + 1; seq <= last; seq += 1) {
    one.see(head(seq));
    const row = restores.find((candidate) => candidate.seq === seq);
    if (row !== undefined) one.heed(row);
  }
  return one.end(last);
}

describe('an anchor', () => {
  it('fits its row, whichever row that is', () => {
    const anchors = [1, 10, 20].map((seq) => anchor(seq));
    expect(check(anchors)).toEqual({
      flaw: undefined,
      counts: { fit: 3, lost: 0, pruned: 0 },
      restores: [],
      unexplained: [],
    });
  });

  it('of another row is a flaw, and one beyond the end says from where on rows are gone', () => {
    expect(check([anchor(20, { log: 'b' })]).flaw).toEqual({ seq: 20, reason: 'anchor' });
    expect(check([anchor(21)]).flaw).toEqual({ seq: 21, reason: 'truncated' });
    expect(check([anchor(30)]).flaw).toEqual({ seq: 21, reason: 'truncated' });
    expect(check([anchor(21), anchor(20, { log: 'b' })]).unexplained.map(({ seq }) => seq)).toEqual([21, 20]);
  });

  it('that is the first to be wrong is named, wherever it is in the list', () => {
    const wrong = [12, 3, 7].map((seq) => anchor(seq, { log: 'b' }));
    expect(check(wrong).flaw).toEqual({ seq: 3, reason: 'anchor' });
    expect(check([anchor(1), ...wrong, anchor(20)])).toMatchObject({ counts: { fit: 2 }, flaw: { seq: 3 } });
  });

  it('of the row that the first one follows is compared with that', () => {
    const log = { pruned: 10, cutoff: CUTOFF };
    expect(check([anchor(10)], log)).toMatchObject({ flaw: undefined, counts: { fit: 1, pruned: 0 } });
    expect(check([anchor(10, { log: 'b' })], log).flaw).toEqual({ seq: 10, reason: 'anchor' });
    expect(check([{ seq: 0, head: anchorOf(GENESIS) }]).counts).toEqual({ fit: 0, lost: 0, pruned: 0 });
  });
});

describe('an anchor of a pruned row', () => {
  const log = { pruned: 10, cutoff: CUTOFF };

  it('is counted, and compared with nothing', () => {
    const verdict = check([anchor(4), anchor(9, { log: 'b' }), anchor(11)], log);
    expect(verdict).toMatchObject({ flaw: undefined, counts: { fit: 1, lost: 0, pruned: 2 }, unexplained: [] });
  });

  it('is a flaw where it is younger than what was pruned by more than a day', () => {
    for (const seq of [4, 10]) {
      expect(check([anchor(seq, { at: sinceCutoff(DAY) })], log).flaw).toBeUndefined();
      expect(check([anchor(seq, { at: sinceCutoff(DAY + 1) })], log).flaw).toEqual({ seq, reason: 'pruned' });
    }
    expect(check([anchor(11, { at: sinceCutoff(2 * DAY) })], log).flaw).toBeUndefined();
    expect(check([anchor(4, { at: sinceCutoff(2 * DAY) })], { pruned: 10 }).flaw).toBeUndefined();
  });

  it('is as old as the earliest of its publications, in any order', () => {
    const young = anchor(4, { at: sinceCutoff(3 * DAY) });
    const [younger, old] = [anchor(4, { at: sinceCutoff(4 * DAY) }), anchor(4, { at: sinceCutoff(0) })];
    for (const all of [
      [young, old, younger],
      [old, young],
      [younger, young, old],
    ])
      expect(check(all, log)).toMatchObject({ flaw: undefined, counts: { pruned: 1 } });
    for (const all of [
      [anchor(4), young],
      [young, anchor(4)],
      [younger, young],
    ])
      expect(check(all, log).flaw).toEqual({ seq: 4, reason: 'pruned' });
  });
});

describe('a restore that a row records', () => {
  const gone = [15, 18, 20].map((seq) => anchor(seq, { log: 'b' }));
  const record = (details: object | null, seq = 15) => [restored(seq, details)];

  it('excuses what it names, and says where it is and what was lost', () => {
    const restores = record({ after: 14, lost: lostAnchorsText(gone) });
    expect(check([anchor(3), ...gone, anchor(18)], { restores })).toEqual({
      flaw: undefined,
      counts: { fit: 2, lost: 3, pruned: 0 },
      restores: [{ seq: 15, at: sinceCutoff(15), after: 14, to: 20 }],
      unexplained: [],
    });
  });

  it('of everything is one, of a log that begins anew', () => {
    const restores = record({ after: 0, lost: lostAnchorsText(gone) }, 1);
    expect(check(gone, { restores }).restores).toMatchObject([{ after: 0, to: 20 }]);
  });

  it('takes several rows where it names many, and another one is another', () => {
    const [one, two, three] = gone.map((lost) => ({ after: 14, lost: lostAnchorsText([lost]) }));
    const restores = [restored(15, one ?? null), restored(16, three ?? null), restored(17, two ?? null)];
    expect(check(gone, { restores })).toMatchObject({
      flaw: undefined,
      restores: [{ seq: 15, at: sinceCutoff(15), after: 14, to: 20 }],
    });
    const later = { after: 16, lost: lostAnchorsText([anchor(17, { log: 'c' })]) };
    expect(check(gone, { restores: [...restores.slice(0, 2), restored(18, later)] }).restores).toMatchObject([
      { seq: 15, to: 20 },
      { seq: 18, after: 16, to: 17 },
    ]);
  });

  it('leaves an anchor that fits as it is, although it names it', () => {
    const restores = record({ after: 14, lost: lostAnchorsText([anchor(18)]) });
    expect(check([anchor(18)], { restores })).toMatchObject({ flaw: undefined, counts: { fit: 1, lost: 0 } });
  });

  it('is still known of a row that was pruned since', () => {
    const restores = record({ after: 14, lost: lostAnchorsText([...gone, anchor(16, { log: 'b' })]) }, 18);
    const log = { pruned: 17, cutoff: CUTOFF, last: 30, restores };
    expect(check([...gone, anchor(16, { log: 'b' })], log).counts).toEqual({ fit: 0, lost: 4, pruned: 0 });
  });

  it.each([
    ['nothing', null],
    ['no row', { lost: lostAnchorsText(gone) }],
    ['a row before the first', { after: -1, lost: lostAnchorsText(gone) }],
    ['itself as a row that is left', { after: 15, lost: lostAnchorsText(gone) }],
    ['nothing lost', { after: 14 }],
    ['rows that are left as lost', { after: 20, lost: lostAnchorsText(gone) }],
    ['something before an anchor', { after: 14, lost: gone.map((one) => `x${lostAnchorsText([one])}`).join(' ') }],
    ['something behind an anchor', { after: 14, lost: gone.map((one) => `${lostAnchorsText([one])}x`).join(' ') }],
  ])('is worth nothing where it names %s', (_, details) => {
    expect(check(gone, { last: 17, restores: record(details) })).toMatchObject({
      restores: [],
      counts: { lost: 0 },
      unexplained: gone,
    });
  });

  it('excuses nothing up to the row behind which rows were lost', () => {
    const restores = record({ after: 15, lost: lostAnchorsText(gone) }, 16);
    expect(check(gone, { restores })).toMatchObject({
      counts: { lost: 2 },
      flaw: { seq: 15, reason: 'anchor' },
      unexplained: [gone[0]],
    });
  });

  it('is no other action, whatever that says', () => {
    const row = { ...restored(15, { after: 14, lost: lostAnchorsText(gone) }), action: 'audit.erase' } as AuditRow;
    expect(check(gone, { restores: [row] })).toMatchObject({ restores: [], counts: { lost: 0 } });
  });
});
