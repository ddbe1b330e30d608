// Which master keys count where in the chain: nobody who only has a retired one can write a row, nor say that it counts again.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuditRow, createAuditChain, GENESIS, OLD_GENESIS } from '../../src/audit/audit-chain.ts';
import { type AuditDetails, auditFields } from '../../src/audit/audit-fields.ts';
import { NO_RULES } from '../../src/audit/audit-rules.ts';
import { anEvent, chainOf, verifyRows } from '../support/memory/audit-rows.ts';
import { createRulingRows } from './master-keys/ruling-rows.ts';

const [older, newer, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const chain = createAuditChain([newer, older, third]);
const [NEW = '', OLD = '', THIRD = ''] = chain.keyIds;
const oldOnly = createAuditChain([older]);
const newOnly = createAuditChain([newer]);

const { rule, write, format, checkpoint, ...rows } = createRulingRows(chain);
const begin = (all: readonly AuditRow[], from = OLD, to = NEW, vouchers = [from]) =>
  rows.begin(all, from, to, vouchers);
const finish = (all: readonly AuditRow[], from = OLD, to = NEW, by = to, vouchers = [from]) =>
  rows.finish(all, from, to, { by, vouchers });
const flawOf = (all: readonly AuditRow[], by = chain) => verifyRows(all, { chain: by }).firstBad;

const before = chainOf(3, oldOnly);
const during = write(write(begin(before), OLD), NEW);
const after = write(finish(during), NEW);

describe('a change of the master key', () => {
  it('lets both keys write between its two rows, and the new one afterwards', () => {
    expect(flawOf(during)).toBeUndefined();
    expect(flawOf(after)).toBeUndefined();
    expect(flawOf(after, newOnly)).toEqual({ seq: 1, reason: 'unknown_key' });
  });

  it('leaves a row of the retired key as a flaw, whatever it says', () => {
    const seq = after.length + 1;
    expect(flawOf(write(after, OLD))).toEqual({ seq, reason: 'key_not_in_use' });
    expect(flawOf(finish(after, NEW, OLD, OLD, []))).toEqual({ seq, reason: 'key_not_in_use' });
    expect(flawOf(begin(after, NEW, OLD, []))).toEqual({ seq, reason: 'master_key' });
    expect(flawOf(begin(after, OLD, NEW, []))).toEqual({ seq, reason: 'master_key' });
  });

  it('takes both keys: a row of the new one alone, or of the old one alone, does not begin it', () => {
    expect(flawOf(begin(before, OLD, NEW, []))).toEqual({ seq: 4, reason: 'master_key' });
    expect(flawOf(write(before, NEW))).toEqual({ seq: 4, reason: 'key_not_in_use' });
    const details = { from: OLD, to: NEW };
    const byOld = rule(before, { action: 'master_key.begun', details, by: OLD, vouchers: [OLD] });
    expect(flawOf(byOld)).toEqual({ seq: 4, reason: 'master_key' });
  });

  it('takes no word that was given for another row', () => {
    const [, , , begun] = begin(before);
    const moved = [...write(before, OLD)];
    const fields = { ...auditFields(anEvent()), ...(begun as AuditRow) };
    moved.push(chain.extend(moved.at(-1) ?? GENESIS, fields, new Date(), NEW));
    expect(flawOf(moved)).toEqual({ seq: 5, reason: 'master_key' });
  });

  it('is begun from the key in use, once, and finished only after that', () => {
    expect(flawOf(begin(before, THIRD, NEW))).toEqual({ seq: 4, reason: 'master_key' });
    expect(flawOf(begin(begin(before)))).toEqual({ seq: 5, reason: 'master_key' });
    expect(flawOf(finish(before))).toEqual({ seq: 4, reason: 'key_not_in_use' });
    expect(flawOf(finish(before, '', OLD, OLD, []))).toEqual({ seq: 4, reason: 'master_key' });
  });

  it('may be followed by another one before it is finished: then three count, and one ends the others', () => {
    const both = write(write(begin(during, NEW, THIRD), OLD), NEW);
    expect(flawOf(both)).toBeUndefined();
    const ended = finish(both, `${OLD} ${NEW}`, THIRD, THIRD, [OLD, NEW]);
    expect(flawOf(write(ended, THIRD))).toBeUndefined();
    for (const retired of [OLD, NEW])
      expect(flawOf(write(ended, retired))).toEqual({ seq: ended.length + 1, reason: 'key_not_in_use' });
  });

  it('may be the first row of a log', () => {
    expect(flawOf(write(begin([]), OLD))).toBeUndefined();
    expect(flawOf(write(finish(begin([])), OLD))).toEqual({ seq: 3, reason: 'key_not_in_use' });
  });
});

describe('a log from before there were such rows', () => {
  const legacy = [...chainOf(2, oldOnly, OLD_GENESIS)];
  const changed = write(write(legacy, NEW), OLD);
  it('verifies with every key that is listed, until the rules begin', () => {
    expect(verifyRows(changed, { chain })).toMatchObject({ firstBad: undefined, strict: false });
    const strict = format(changed, OLD, OLD);
    expect(flawOf(write(strict, OLD))).toBeUndefined();
    expect(flawOf(write(strict, NEW))).toEqual({ seq: 6, reason: 'key_not_in_use' });
    expect(flawOf(write(begin(strict), NEW))).toBeUndefined();
  });

  it('begins them with every key that is said to count', () => {
    expect(flawOf(format(changed, `${OLD} ${NEW}`, OLD))).toEqual({ seq: 5, reason: 'master_key' });
    expect(flawOf(format(changed, `${OLD} ${NEW}`, OLD, [NEW]))).toBeUndefined();
    expect(flawOf(format(changed, NEW, OLD, [NEW]))).toEqual({ seq: 5, reason: 'master_key' });
  });
});

describe('a checkpoint', () => {
  const pruning = (
    rows: readonly AuditRow[],
    to: number,
    details: AuditDetails,
    by: string,
    vouchers: string[] = [],
  ) => {
    const mac = rows[to - 1]?.mac ?? '';
    const all = checkpoint(rows, to, details, by, vouchers);
    const { keys = '', retired = '' } = details;
    const ids = (text: unknown) => String(text).split(' ').filter(Boolean);
    const rules = keys === '' ? NO_RULES : { counting: ids(keys), retired: ids(retired), strict: true };
    return verifyRows(all.slice(to), { chain, prunedTo: { seq: to, mac, rules } }).firstBad;
  };
  const whole = write(write(after, NEW), NEW);

  it('says which keys counted where the rows are gone', () => {
    expect(pruning(whole, 2, { keys: OLD }, NEW)).toBeUndefined();
    expect(pruning(whole, 5, { keys: `${OLD} ${NEW}` }, NEW)).toBeUndefined();
    expect(pruning(whole, 9, { keys: NEW, retired: OLD }, NEW)).toBeUndefined();
  });

  it('of the retired key is a flaw: nobody brings it back by taking out the rows that retired it', () => {
    expect(pruning(whole, 9, { keys: `${OLD} ${NEW}` }, OLD)).toEqual({ seq: 11, reason: 'checkpoint' });
    expect(pruning(whole, 9, { keys: NEW, retired: OLD }, OLD)).toEqual({ seq: 11, reason: 'key_not_in_use' });
    expect(pruning(whole, 9, { keys: OLD }, OLD)).toEqual({ seq: 10, reason: 'key_not_in_use' });
    expect(pruning(whole, 2, { keys: OLD }, OLD)).toEqual({ seq: 11, reason: 'key_not_in_use' });
  });

  it('of one key that says two count needs the word of the other', () => {
    expect(pruning(during, 5, { keys: `${OLD} ${NEW}` }, NEW)).toEqual({ seq: 7, reason: 'checkpoint' });
    expect(pruning(during, 5, { keys: `${OLD} ${NEW}` }, NEW, [OLD])).toBeUndefined();
  });
});
