// Where a log begins that has its first row, and which keys count by it.
import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../src/audit/audit-chain.ts';
import { believedRules } from '../../../src/audit/master-keys/believed-rules.ts';
import {
  before,
  begin,
  believed,
  chain,
  changed,
  checkpoint,
  claiming,
  during,
  finish,
  from,
  inOld,
  NEW,
  newer,
  OLD,
  older,
  only,
  rulesOf,
  startOf,
  THIRD,
  under,
  without,
  write,
} from './changed-log.ts';
import { evidenceOf } from './ruling-rows.ts';

describe('a log with its first row', () => {
  it.each([
    ['that nothing was changed in', before, OLD, under([OLD])],
    ['in a change', during, OLD, under([OLD, NEW])],
    ['after a change', changed, NEW, under([NEW], [OLD])],
    ['that begins with a change', begin([], OLD, NEW), OLD, under([OLD, NEW])],
    ['with two changes', finish(begin(changed, NEW, THIRD), NEW, THIRD), THIRD, under([THIRD], [OLD, NEW])],
  ] as const)('%s says which keys count', (_, rows, used, rules) => {
    expect(believed(rows, used)).toEqual({ rules, beginning: { rules, checkpoint: undefined } });
  });

  it('says so without the keys that are out of use where the new one wrote that, and not where its first row is theirs', () => {
    const late = finish(begin([], OLD, NEW), OLD, NEW);
    expect(believed(late, NEW, only(newer)).rules).toEqual(under([NEW], [OLD]));
    expect(startOf(late, NEW, only(newer))).toBe('first row');
    expect(startOf(changed, NEW, only(newer))).toBe('none');
  });

  it('is read without the row that follows a gap, where that says nothing of keys', () => {
    expect(rulesOf(without(changed, 2), NEW)).toEqual(under([NEW], [OLD]));
    expect(rulesOf(without(changed, 4), NEW)).toEqual(under([NEW], [OLD]));
  });

  it('passes over what somebody wrote who may not, and over what was edited', () => {
    expect(rulesOf(begin(changed, NEW, OLD, []), NEW)).toEqual(under([NEW], [OLD]));
    expect(rulesOf(finish(changed, NEW, OLD, { vouchers: [] }), NEW)).toEqual(under([NEW], [OLD]));
    const edited = during.map((row) => (row.seq === 3 ? { ...row, outcome: 'denied' as const } : row));
    expect(rulesOf(edited, OLD)).toEqual(under([OLD]));
    const late = during.map((row) => (row.seq === 3 ? { ...row, at: new Date(0) } : row));
    expect(rulesOf(late, OLD)).toEqual(under([OLD]));
  });

  it('counts a key by the word of another where its own row cannot be read', () => {
    expect(rulesOf(during, OLD, only(older))).toEqual(under([OLD, NEW]));
    const unvouched = write(begin(before, OLD, NEW, []), OLD);
    expect(rulesOf(unvouched, OLD, only(older))).toEqual(under([OLD]));
  });

  it('from which the end of a change was taken away ends with the key that the database is used with', () => {
    expect(rulesOf(without(changed, 5), NEW)).toEqual(under([NEW], [OLD]));
    const twice = write(begin(changed, NEW, THIRD), NEW);
    expect(rulesOf(without(twice, 5), NEW)).toEqual(under([NEW, THIRD], [OLD]));
    expect(rulesOf(without(twice, 5), THIRD)).toEqual(under([THIRD], [OLD, NEW]));
  });

  it('from which more was taken away is no beginning, and takes no key out of use', () => {
    const rows = without(changed, 3, 5);
    expect(believed(rows, NEW)).toEqual({ rules: under([NEW]), beginning: undefined });
    expect(believed(before, THIRD)).toEqual({ rules: under([THIRD]), beginning: undefined });
    expect(believed(from(during, 4), OLD)).toEqual({ rules: under([OLD]), beginning: undefined });
  });

  it('ends a change only where key_check does too, for each key that it names', () => {
    const both = finish(begin(during, NEW, THIRD), `${OLD} ${NEW}`, THIRD);
    const ofBoth = (retired: readonly string[]) => believedRules(evidenceOf(both, OLD, [...retired]), chain).rules;
    for (const retired of [[], [OLD], [NEW]]) expect(ofBoth(retired)).toEqual(under([OLD, NEW, THIRD]));
    expect(ofBoth([OLD, NEW])).toEqual(under([THIRD], [OLD, NEW]));
  });

  it('that says the key in use is out of use knows better: what is kept of that key is behind', () => {
    expect(rulesOf(changed, OLD)).toEqual(under([NEW], [OLD]));
    expect(startOf(changed, OLD)).toBe('first row');
  });

  it('says by itself which keys count where the one that is used is not listed', () => {
    expect(rulesOf(during, undefined)).toEqual(under([OLD, NEW]));
    expect(startOf(during, undefined)).toBe('first row');
  });

  it('is none where that row is not as it was written', () => {
    const [first, ...others] = changed;
    const edited = [{ ...(first as AuditRow), outcome: 'denied' as const }, ...others];
    expect(startOf(edited, NEW)).toBe('none');
    expect(rulesOf(edited, NEW)).toEqual(under([NEW], [OLD]));
  });
});

describe('a log from before there were rules', () => {
  const old = inOld.write(inOld.write([], OLD), OLD);

  it('has the key that the database is used with, until the rules begin', () => {
    expect(rulesOf(old, OLD)).toEqual({ counting: [OLD], retired: [], strict: false });
    expect(rulesOf(old, undefined)).toEqual({ counting: [], retired: [], strict: false });
    expect(startOf(old, OLD)).toBe('first row');
    const strict = inOld.format(old, OLD, OLD);
    expect(rulesOf(strict, OLD)).toEqual(under([OLD]));
    expect(rulesOf(inOld.begin(strict, OLD, NEW), OLD)).toEqual(under([OLD, NEW]));
  });

  it('may be pruned: a checkpoint of the key in use says nothing of keys then', () => {
    const pruned = inOld.checkpoint(old, 1, {}, OLD);
    expect(believed(from(pruned, 2), OLD)).toMatchObject({ rules: { counting: [OLD], retired: [], strict: false } });
    expect(startOf(from(pruned, 2), OLD)).toBe(3);
    // With its rows there it is not needed.
    expect(startOf(pruned, OLD)).toBe('first row');
    expect(startOf(from(inOld.checkpoint(pruned, 2, {}, OLD), 3), OLD)).toBe(4);
  });

  it('is not made of one that is under the rules by a checkpoint that says nothing of keys', () => {
    const rows = checkpoint(changed, 2, {}, OLD);
    expect(startOf(rows, NEW)).toBe('first row');
    expect(believed(from(rows, 3), NEW)).toEqual({ rules: under([NEW], [OLD]), beginning: undefined });
    // Of the key in use there may be one.
    expect(startOf(from(inOld.checkpoint(inOld.format(old, OLD, OLD), 1, {}, OLD), 2), OLD)).toBe(4);
  });

  it('goes on with a checkpoint of another key only while nothing speaks of keys', () => {
    const other = inOld.checkpoint(inOld.write(old, NEW), 1, {}, NEW);
    expect(startOf(from(other, 2), OLD)).toBe(4);
    expect(startOf(from(checkpoint(other, 2, claiming(THIRD), THIRD), 3), OLD)).toBe('none');
    expect(startOf(from(inOld.format(other, NEW, NEW), 2), OLD)).toBe('none');
  });
});
