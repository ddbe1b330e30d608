// Where a log begins and which keys count by it, of whatever rows there are.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuditRow, createAuditChain, OLD_GENESIS } from '../../../src/audit/audit-chain.ts';
import type { AuditDetails } from '../../../src/audit/audit-fields.ts';
import type { LogRules } from '../../../src/audit/audit-rules.ts';
import { believedRules, prunedHead } from '../../../src/audit/master-keys/believed-rules.ts';
import { createRulingRows, evidenceOf } from './ruling-rows.ts';

const [older, newer, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const chain = createAuditChain([third, newer, older]);
const [THIRD = '', NEW = '', OLD = ''] = chain.keyIds;
const only = (...keys: Buffer[]) => createAuditChain(keys);
const { write, begin, finish, checkpoint } = createRulingRows(chain);
const inOld = createRulingRows(chain, OLD_GENESIS);
const under = (counting: readonly string[], retired: readonly string[] = []): LogRules => ({
  counting,
  retired,
  strict: true,
});
const claiming = (keys: string, retired = ''): AuditDetails => ({ keys, retired });
const believed = (rows: readonly AuditRow[], used: string | undefined, by = chain) =>
  believedRules(evidenceOf(rows, used), by);
const rulesOf = (...of: Parameters<typeof believed>) => believed(...of).rules;
const startOf = (...of: Parameters<typeof believed>) => {
  const { beginning } = believed(...of);
  return beginning === undefined ? 'none' : (beginning.checkpoint?.seq ?? 'first row');
};
/** Without the rows that a prune takes out. */
const from = (rows: readonly AuditRow[], seq: number) => rows.filter((row) => row.seq >= seq);
const without = (rows: readonly AuditRow[], ...seqs: readonly number[]) =>
  rows.filter(({ seq }) => !seqs.includes(seq));

const before = write(write([], OLD), OLD);
const during = write(begin(before, OLD, NEW), OLD);
/** 1 and 2 old, 3 begun, 4 old, 5 finished, 6 new. */
const changed = write(finish(during, OLD, NEW), NEW);

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

  it('from which more was taken away is no beginning, and every other key that it names is out of use', () => {
    const rows = without(changed, 3, 5);
    expect(believed(rows, NEW)).toEqual({ rules: under([NEW], [OLD]), beginning: undefined });
    expect(believed(before, THIRD)).toEqual({ rules: under([THIRD], [OLD]), beginning: undefined });
  });

  it('that says the key in use is out of use knows better: what is kept of that key is behind', () => {
    expect(believed(changed, OLD)).toMatchObject({ rules: under([NEW], [OLD]), beginning: {} });
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

  it('begins with the last checkpoint whose rows are gone', () => {
    const first = write(checkpoint(changed, 2, claiming(OLD), NEW), NEW);
    const second = write(checkpoint(first, 5, claiming(NEW, OLD), NEW), NEW);
    expect(startOf(from(second, 6), NEW)).toBe(9);
    // The rows that the second one is about were put back, or were never taken out.
    expect(startOf(from(second, 3), NEW)).toBe(7);
    expect(startOf(second, NEW)).toBe('first row');
    // Without the row before the kept one that cannot be told: the checkpoint stands.
    expect(startOf(from(second, 5), NEW)).toBe(9);
  });

  it('takes the last one where each is about rows that are there, and the first row is not', () => {
    const first = write(checkpoint(changed, 4, claiming(`${OLD} ${NEW}`), NEW), NEW);
    const second = checkpoint(first, 5, claiming(NEW, OLD), NEW);
    expect(startOf(from(second, 3), NEW)).toBe(9);
  });

  it('knows a row that is there from something else in its place', () => {
    const rows = checkpoint(changed, 1, claiming(OLD), NEW);
    const [first] = rows;
    const edited = [{ ...(first as AuditRow), outcome: 'denied' as const }, ...rows.slice(1)];
    expect(startOf(edited, NEW)).toBe(7);
    const another = [{ ...(first as AuditRow), mac: 'another' }, ...rows.slice(1)];
    expect(startOf(another, NEW)).toBe(7);
    const inOldLog = inOld.checkpoint(inOld.format(inOld.write([], OLD), OLD, OLD), 1, claiming(OLD), OLD);
    expect(startOf(inOldLog, OLD)).toBe('first row');
    expect(startOf(rows, NEW)).toBe('first row');
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
    expect(rulesOf(told, NEW)).toEqual(under([NEW], [OLD, '0123456789ab', '0123456789ac']));
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
