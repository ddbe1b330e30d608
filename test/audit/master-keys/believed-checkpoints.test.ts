// Where a log begins whose first rows were pruned, and which keys count by it.
import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../src/audit/audit-chain.ts';
import { prunedHead } from '../../../src/audit/master-keys/believed-rules.ts';
import {
  before,
  begin,
  believed,
  changed,
  checkpoint,
  claiming,
  during,
  finish,
  from,
  NEW,
  OLD,
  older,
  only,
  rulesOf,
  startOf,
  THIRD,
  under,
  write,
} from './changed-log.ts';

describe('a log that was pruned', () => {
  it.each([
    ['before the change', 2, claiming(OLD), []],
    ['in the change', 4, claiming(`${OLD} ${NEW}`), []],
    ['after it', 5, claiming(NEW, OLD), []],
  ])('%s says which keys counted there', (_, to, details, vouchers) => {
    const pruned = checkpoint(changed, to, details, NEW, vouchers);
    expect(believed(from(pruned, to + 1), NEW)).toMatchObject({
      rules: under([NEW], [OLD]),
      beginning: { rules: under([NEW], [OLD]), checkpoint: { seq: 7 } },
    });
  });

  it('begins with the last checkpoint, whichever rows before it are there: somebody has put them back', () => {
    const first = write(checkpoint(changed, 2, claiming(OLD), NEW), NEW);
    const second = write(checkpoint(first, 5, claiming(NEW, OLD), NEW), NEW);
    for (const seq of [1, 2, 3, 5, 6]) expect(startOf(from(second, seq), NEW)).toBe(9);
    expect(startOf(from(first, 3), NEW)).toBe(7);
  });

  it('does not go back before a change where an older checkpoint was put back, and rows that the last one is about', () => {
    const first = checkpoint(before, 1, claiming(OLD), OLD);
    const begun = write(write(begin(first, OLD, NEW), OLD), NEW);
    const second = checkpoint(begun, 5, claiming(`${OLD} ${NEW}`), NEW, [OLD]);
    const both = under([OLD, NEW]);
    expect(believed(from(second, 6), OLD)).toMatchObject({ rules: both, beginning: { checkpoint: { seq: 7 } } });
    const putBack = from(second, 2).map((row) => (row.seq === 4 ? { ...row, action: 'key.add' as const } : row));
    expect(believed(putBack, OLD)).toMatchObject({ rules: both, beginning: { checkpoint: { seq: 7 } } });
  });

  it('takes no checkpoint of a key that did not count where it is', () => {
    for (const [details, by] of [
      [claiming(OLD), OLD],
      [claiming(`${OLD} ${NEW}`), OLD],
      [claiming(NEW, OLD), OLD],
      [claiming(NEW, OLD), THIRD],
    ] as const)
      expect(believed(from(checkpoint(changed, 4, details, by), 5), NEW)).toMatchObject({ beginning: undefined });
    expect(startOf(from(checkpoint(changed, 4, claiming(`${OLD} ${NEW}`), NEW), 5), NEW)).toBe(7);
  });

  it('takes one in a change only with the word of each key that still counts', () => {
    const rows = write(during, NEW);
    const both = claiming(`${OLD} ${NEW}`);
    expect(startOf(from(checkpoint(rows, 3, both, NEW), 4), OLD)).toBe('none');
    expect(startOf(from(checkpoint(rows, 3, both, NEW, [OLD]), 4), OLD)).toBe(6);
    expect(startOf(from(checkpoint(rows, 3, both, NEW, [OLD]), 4), OLD, only(older))).toBe(6);
    expect(startOf(from(checkpoint(rows, 3, both, NEW), 4), OLD, only(older))).toBe('none');
  });

  it('takes none that was edited, none with another head, and none that does not end with the key in use', () => {
    const pruned = from(checkpoint(changed, 5, claiming(NEW, OLD), NEW), 6);
    const edited = pruned.map((row) => (row.seq === 7 ? { ...row, outcome: 'denied' as const } : row));
    expect(startOf(edited, NEW)).toBe('none');
    expect(startOf(pruned, THIRD)).toBe('none');
    expect(startOf(pruned, NEW)).toBe(7);
    // Directly behind the rows that are gone it follows the head that it names.
    const next = from(checkpoint(changed, 6, claiming(NEW, OLD), NEW), 7);
    expect(startOf(next, NEW)).toBe(7);
    const moved = from(checkpoint(changed, 6, { ...claiming(NEW, OLD), pruned_mac: 'another' }, NEW), 7);
    expect(startOf(moved, NEW)).toBe('none');
  });

  it('knows changes since, also the one directly behind the rows that are gone', () => {
    const rows = checkpoint(changed, 2, claiming(OLD), NEW);
    expect(rulesOf(from(rows, 3), NEW)).toEqual(under([NEW], [OLD]));
    const later = finish(begin(rows, NEW, THIRD), NEW, THIRD);
    expect(rulesOf(from(later, 3), THIRD)).toEqual(under([THIRD], [OLD, NEW]));
  });

  it('where nothing is believed has the key in use, and those that begin from there', () => {
    const lost = from(changed, 4);
    expect(believed(lost, NEW)).toEqual({ rules: under([NEW], [OLD]), beginning: undefined });
    expect(rulesOf(begin(lost, NEW, THIRD), NEW)).toEqual(under([NEW, THIRD], [OLD]));
    const told = checkpoint(lost, 5, claiming('0123456789ab', '0123456789ac'), NEW);
    expect(rulesOf(told, NEW)).toEqual(under([NEW], [OLD]));
    expect(rulesOf(lost, undefined)).toEqual(under([]));
    expect(rulesOf([], NEW)).toEqual(under([NEW]));
    expect(rulesOf([], undefined)).toEqual(under([]));
  });
});

describe('what a checkpoint says of the last row that was pruned', () => {
  const head = (pruned_to: unknown, pruned_mac: unknown = 'mac') =>
    prunedHead({ seq: 9, details: { pruned_to, pruned_mac } } as unknown as AuditRow);

  it('is the number of an earlier row and its MAC, and nothing else', () => {
    expect(head(1)).toEqual({ seq: 1, mac: 'mac' });
    expect(head(8)).toEqual({ seq: 8, mac: 'mac' });
    for (const seq of [0, -1, 9, 10, 1.5, '3', null, undefined, Number.NaN]) expect(head(seq)).toBeUndefined();
    for (const mac of [7, null, {}]) expect(head(3, mac)).toBeUndefined();
    expect(prunedHead({ seq: 9, details: null } as AuditRow)).toBeUndefined();
  });
});
