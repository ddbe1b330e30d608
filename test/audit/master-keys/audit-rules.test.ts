// What single rows say of master keys, and which keys have to vouch for it.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuditRow, type ChainHead, createAuditChain, GENESIS } from '../../../src/audit/audit-chain.ts';
import {
  checkpointVouchers,
  firstRules,
  idsIn,
  isCheckpointVouchedFor,
  type LogRules,
  mayWrite,
  NO_RULES,
  rulesAfter,
  rulesFromDetails,
  rulesToDetails,
  vouchedFor,
} from '../../../src/audit/audit-rules.ts';
import { createRulingRows } from './ruling-rows.ts';

const [older, newer, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const chain = createAuditChain([third, newer, older]);
const [THIRD = '', NEW = '', OLD = ''] = chain.keyIds;
const { begin, finish, format, rule, checkpoint } = createRulingRows(chain);
const only = (...keys: Buffer[]) => createAuditChain(keys);
const under = (counting: readonly string[], retired: readonly string[] = []): LogRules => ({
  counting,
  retired,
  strict: true,
});
const lastOf = (rows: readonly AuditRow[]): AuditRow => {
  const last = rows.at(-1);
  if (last === undefined) throw new Error('no row');
  return last;
};
/** What the last of the rows makes of the rules. */
const next = (rules: LogRules, rows: readonly AuditRow[], by = chain, isSure = true) =>
  rulesAfter(rules, lastOf(rows), GENESIS, by, isSure);

describe('the beginning of a change', () => {
  const begun = begin([], OLD, NEW);

  it('adds the new key behind those that count', () => {
    expect(next(under([OLD]), begun)).toEqual(under([OLD, NEW]));
    expect(next(under([THIRD, OLD]), begun)).toEqual(under([THIRD, OLD, NEW]));
  });

  it('begins from the last key that counts, to one that does not count', () => {
    expect(next(under([OLD, THIRD]), begun)).toBeUndefined();
    expect(next(under([NEW, OLD]), begun)).toBeUndefined();
    expect(next(under([]), begun)).toBeUndefined();
  });

  it('takes the word of the key before', () => {
    expect(next(under([OLD]), begin([], OLD, NEW, []))).toBeUndefined();
    expect(next(under([OLD]), begin([], OLD, NEW, [THIRD]))).toBeUndefined();
    expect(next(under([OLD]), begin([], OLD, NEW, [THIRD, OLD]))).toEqual(under([OLD, NEW]));
  });

  it('is believed without the key before only of a key that was never out of use, by a row that can be read', () => {
    expect(next(under([OLD]), begun, only(newer))).toEqual(under([OLD, NEW]));
    expect(next(under([OLD], [NEW]), begun, only(newer))).toBeUndefined();
    expect(next(under([OLD]), begun, only(newer), false)).toBeUndefined();
    expect(next(under([OLD]), begun, only(older), false)).toEqual(under([OLD, NEW]));
  });

  it('brings a key back that was out of use, by the word of the one in use', () => {
    expect(next(under([OLD], [THIRD, NEW]), begun)).toEqual(under([OLD, NEW], [THIRD]));
  });

  it('is written by the key that takes over', () => {
    const details = { from: OLD, to: NEW };
    for (const by of [OLD, THIRD])
      expect(
        next(under([OLD]), rule([], { action: 'master_key.begun', details, by, vouchers: [OLD] })),
      ).toBeUndefined();
    const without = rule([], { action: 'master_key.begun', details: { from: OLD }, by: NEW, vouchers: [OLD] });
    expect(next(under([OLD]), without)).toBeUndefined();
  });
});

describe('the end of a change', () => {
  it('takes the older keys out of use', () => {
    expect(next(under([OLD, NEW]), finish([], OLD, NEW))).toEqual(under([NEW], [OLD]));
    const both = finish([], `${OLD} ${NEW}`, THIRD);
    expect(next(under([OLD, NEW, THIRD]), both)).toEqual(under([THIRD], [OLD, NEW]));
    expect(next(under([OLD, NEW], [OLD, THIRD]), finish([], OLD, NEW))).toEqual(under([NEW], [OLD, THIRD]));
  });

  it('names keys that end, and one of those that count that stays', () => {
    expect(next(under([OLD, NEW]), finish([], '', NEW))).toBeUndefined();
    expect(next(under([OLD, NEW]), finish([], 'nothing', NEW, { vouchers: [] }))).toBeUndefined();
    expect(next(under([OLD, NEW]), finish([], `${OLD} ${NEW}`, NEW, { vouchers: [OLD] }))).toBeUndefined();
    expect(next(under([OLD, THIRD]), finish([], OLD, NEW))).toBeUndefined();
    expect(next(under([OLD, NEW]), finish([], OLD, NEW, { by: THIRD }))).toBeUndefined();
  });

  it('takes the word of every key that ends and is here', () => {
    const unvouched = finish([], OLD, NEW, { vouchers: [] });
    expect(next(under([OLD, NEW]), unvouched)).toBeUndefined();
    expect(next(under([OLD, NEW]), unvouched, only(newer))).toEqual(under([NEW], [OLD]));
    expect(next(under([OLD, NEW]), unvouched, only(newer), false)).toBeUndefined();
    const both = finish([], `${OLD} ${NEW}`, THIRD, { vouchers: [OLD] });
    expect(next(under([OLD, NEW, THIRD]), both)).toBeUndefined();
    expect(next(under([OLD, NEW, THIRD]), both, only(third, older))).toEqual(under([THIRD], [OLD, NEW]));
  });
});

describe('the beginning of the rules', () => {
  it('is taken once, from a key that is among those it names', () => {
    expect(next(NO_RULES, format([], OLD, OLD))).toEqual(under([OLD]));
    expect(next(under([OLD]), format([], OLD, OLD))).toBeUndefined();
    expect(next(NO_RULES, format([], NEW, OLD, [NEW]))).toBeUndefined();
    expect(next({ ...NO_RULES, retired: [THIRD] }, format([], OLD, OLD))).toEqual(under([OLD]));
  });

  it('takes the word of each of them', () => {
    const both = `${OLD} ${NEW}`;
    expect(next(NO_RULES, format([], both, OLD, [NEW]))).toEqual(under([OLD, NEW]));
    expect(next(NO_RULES, format([], both, OLD))).toBeUndefined();
    expect(next(NO_RULES, format([], both, OLD, [NEW]), only(older))).toBeUndefined();
    expect(next(NO_RULES, format([], OLD, OLD), chain, false)).toBeUndefined();
  });
});

describe('a word', () => {
  const details = { from: OLD, to: NEW };
  const row = (vouched: string): AuditRow =>
    lastOf(rule([], { action: 'master_key.begun', details: { ...details, vouched }, by: NEW }));
  const word = (previous: ChainHead = GENESIS, action = 'master_key.begun', said: object = details) =>
    `${OLD}:${chain.vouch(OLD, previous, action, { ...said })}`;

  it('holds for its row alone: what is before it, what it is, and what it says', () => {
    const rules = under([OLD]);
    const believed = (vouched: string) => rulesAfter(rules, row(vouched), GENESIS, chain);
    expect(believed(word())).toEqual(under([OLD, NEW]));
    expect(believed(word({ seq: 1, mac: GENESIS.mac }))).toBeUndefined();
    expect(believed(word({ seq: 0, mac: 'another' }))).toBeUndefined();
    expect(believed(word(GENESIS, 'master_key.finished'))).toBeUndefined();
    expect(believed(word(GENESIS, 'master_key.begun', { from: OLD, to: THIRD }))).toBeUndefined();
    expect(believed(word().replace(OLD, NEW))).toBeUndefined();
    expect(believed(word().replace(`${OLD}:`, `${OLD}`))).toBeUndefined();
    expect(believed(`${word()}x`)).toBeUndefined();
  });

  it('is none where what it would be about can be no details of ours', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    const row = { seq: 1, action: 'master_key.begun', keyId: NEW } as const;
    for (const more of [{ deep }, { vouched: deep }, { vouched: { toString: 1 } }, { vouched: 7 }]) {
      const strange = { ...details, vouched: `${OLD}:x`, ...more } as unknown as AuditRow['details'];
      expect(rulesAfter(under([OLD]), { ...row, details: strange }, GENESIS, chain)).toBeUndefined();
    }
    for (const from of [deep, { toString: 1 }, 7])
      expect(
        rulesAfter(under([OLD]), { ...row, details: { ...details, from } as never }, GENESIS, chain),
      ).toBeUndefined();
    expect(chain.vouch(OLD, GENESIS, 'master_key.begun', { deep } as never)).toBeUndefined();
  });

  it('is asked of nobody where there is none', () => {
    expect(vouchedFor(chain, GENESIS, { action: 'audit.erase', details, vouchers: [] })).toBe(details);
    expect(() => vouchedFor(only(newer), GENESIS, { action: 'audit.erase', details, vouchers: [NEW, OLD] })).toThrow(
      new TypeError('a key that has to vouch is not here'),
    );
    const { vouched } = vouchedFor(chain, GENESIS, { action: 'master_key.begun', details, vouchers: [OLD, NEW] });
    expect(vouched).toBe(`${word()} ${NEW}:${chain.vouch(NEW, GENESIS, 'master_key.begun', details)}`);
  });
});

describe('a checkpoint', () => {
  const says = (keys: string, vouchers: readonly string[]) =>
    lastOf(checkpoint([], 1, { keys, retired: '' }, NEW, vouchers));
  const isVouchedFor = (row: AuditRow, now: LogRules, by = chain, isSure = true) =>
    isCheckpointVouchedFor(by, row, GENESIS, now, isSure);

  it('takes the word of each key that counted there and still does', () => {
    const both = `${OLD} ${NEW}`;
    expect(checkpointVouchers(under([OLD, NEW, THIRD]), under([NEW, THIRD]))).toEqual([NEW, THIRD]);
    expect(isVouchedFor(says(both, []), under([NEW]))).toBe(true);
    expect(isVouchedFor(says(both, []), under([OLD, NEW]))).toBe(false);
    expect(isVouchedFor(says(both, [OLD]), under([OLD, NEW]))).toBe(true);
    expect(isVouchedFor(says(both, [OLD]), under([OLD, NEW]), only(newer))).toBe(false);
    expect(isVouchedFor(says(both, [OLD]), under([OLD, NEW]), only(older), false)).toBe(true);
    expect(isVouchedFor(says(both, []), under([NEW]), only(older), false)).toBe(false);
  });
});

describe('the rules of a log', () => {
  const row = (action: AuditRow['action'], keyId: string) => ({ seq: 1, action, keyId, details: null });

  it('begin with the key of its first row, or with the one that a change begins from', () => {
    expect(firstRules({ keyId: NEW, action: 'key.add', details: null })).toEqual(under([NEW]));
    expect(firstRules({ keyId: NEW, action: 'key.add', details: { from: OLD } })).toEqual(under([NEW]));
    expect(firstRules({ keyId: NEW, action: 'master_key.begun', details: { from: OLD } })).toEqual(under([OLD]));
    expect(firstRules({ keyId: NEW, action: 'master_key.begun', details: null })).toEqual(under([NEW]));
    expect(firstRules({ keyId: NEW, action: 'master_key.begun', details: { from: 7 } })).toEqual(under([NEW]));
  });

  it('are left as they are by every other row', () => {
    const rules = under([OLD], [THIRD]);
    for (const action of ['key.add', 'audit.checkpoint', 'audit.erase'] as const)
      expect(next(rules, rule([], { action, details: { from: OLD, to: NEW, keys: NEW }, by: NEW }))).toBe(rules);
  });

  it('let only keys that count write, and the one that a change begins to', () => {
    const rules = under([OLD], [THIRD]);
    expect(mayWrite(rules, row('key.add', OLD))).toBe(true);
    expect(mayWrite(rules, row('key.add', NEW))).toBe(false);
    expect(mayWrite(rules, row('master_key.finished', NEW))).toBe(false);
    expect(mayWrite(rules, row('master_key.begun', NEW))).toBe(true);
    expect(mayWrite({ ...rules, strict: false }, row('key.add', NEW))).toBe(true);
  });

  it('are said in a checkpoint, and read back', () => {
    const rules = under([OLD, NEW], [THIRD]);
    expect(rulesToDetails(rules)).toEqual({ keys: `${OLD} ${NEW}`, retired: THIRD });
    expect(rulesFromDetails(rulesToDetails(rules))).toEqual(rules);
    expect(rulesToDetails({ ...rules, strict: false })).toEqual({});
    for (const details of [null, {}, { keys: '' }, { keys: 7 }, { keys: 'x', retired: OLD }, { retired: OLD }])
      expect(rulesFromDetails(details)).toEqual(NO_RULES);
    expect(NO_RULES).toEqual({ counting: [], retired: [], strict: false });
  });

  it('name keys by twelve hexadecimal digits and nothing else', () => {
    expect(idsIn(`0123456789ab  x 0123456789abc A123456789ab g0123456789ab 0123456789ag ${OLD}`)).toEqual([
      '0123456789ab',
      OLD,
    ]);
    for (const text of [undefined, null, 7, '']) expect(idsIn(text)).toEqual([]);
  });
});
