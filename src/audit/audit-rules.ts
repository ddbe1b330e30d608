// What rows of the log say of the rows after them: which master keys count, and since when erasures name their rows. Such a
// row is believed only where every key that has a say in it vouches for it.
import type { KeyLedger } from '../crypto/master-keys.ts';
import { type AuditChain, type AuditRow, type ChainHead, same } from './audit-chain.ts';
import type { AuditDetails } from './audit-fields.ts';

export interface LogRules extends Omit<KeyLedger, 'asOf'> {
  /** Only keys that count may write, and an erasure names its rows. False in a log from before there were these rules. */
  readonly strict: boolean;
}

export const NO_RULES: LogRules = { counting: [], retired: [], strict: false };
/** Of a log that begins with this row, behind `GENESIS`. */
export function firstRules({ keyId, action, details }: Pick<AuditRow, 'keyId' | 'action' | 'details'>): LogRules {
  const first = action === 'master_key.begun' && typeof details?.from === 'string' ? details.from : keyId;
  return { counting: [first], retired: [], strict: true };
}

type RulingRow = Pick<AuditRow, 'seq' | 'action' | 'details' | 'keyId'>;

/** Details with what `vouchers` say to them, each in the name of a key. @throws TypeError where one of the keys is not here. */
export function vouchedFor(
  chain: AuditChain,
  previous: ChainHead,
  { action, details, vouchers }: { action: string; details: AuditDetails; vouchers: readonly string[] },
): AuditDetails {
  const words = vouchers.map((id) => {
    const word = chain.vouch(id, previous, action, details);
    if (word === undefined) throw new TypeError('a key that has to vouch is not here');
    return `${id}:${word}`;
  });
  return words.length === 0 ? details : { ...details, vouched: words.join(' ') };
}

/**
 * Whether each of the keys says so. The key of the row itself needs no word, so where it is the only one nobody is asked.
 * `unknown`: one of them is not here to ask, and those that are say so.
 */
function vouching(chain: AuditChain, row: RulingRow, previous: ChainHead, vouchers: readonly string[]) {
  const { vouched, ...details } = row.details ?? {};
  const texts = typeof vouched === 'string' ? vouched.split(' ') : [];
  const words = new Map(texts.map((word) => [word.slice(0, word.indexOf(':')), word]));
  const others = vouchers.filter((id) => id !== row.keyId);
  const asked = others.filter((id) => chain.keyIds.includes(id));
  const holds = (id: string): boolean =>
    same(`${id}:${chain.vouch(id, previous, row.action, details)}`, words.get(id) ?? '');
  if (others.length === 0) return 'nobody to ask';
  if (!asked.every(holds)) return 'no';
  return asked.length < others.length ? 'unknown' : 'yes';
}

/**
 * @param row that follows `previous`.
 * @param isSure false: the key that the row was written with is not here, so its own MAC says nothing.
 * @returns the rules from here on. Undefined: the row changes rules, and may not.
 */
export function rulesAfter(
  rules: LogRules,
  row: RulingRow,
  previous: ChainHead,
  chain: AuditChain,
  isSure = true,
): LogRules | undefined {
  const { counting, retired, strict } = rules;
  const { from, to, keys } = row.details ?? {};
  /** @param mayLack whether the row's own key is enough, where another that has a say is not here to ask. */
  const isBelieved = (vouchers: readonly string[], mayLack = false): boolean => {
    const word = vouching(chain, row, previous, vouchers);
    return word === 'yes' || (isSure && (word === 'nobody to ask' || (mayLack && word === 'unknown')));
  };
  if (row.action === 'audit.format') {
    const ids = idsIn(keys);
    const may = !strict && ids.includes(row.keyId) && isBelieved(ids);
    return may ? { counting: ids, retired: [], strict: true } : undefined;
  }
  if (row.action !== 'master_key.begun' && row.action !== 'master_key.finished') return rules;
  if (typeof to !== 'string' || to !== row.keyId) return undefined;
  if (row.action === 'master_key.begun') {
    // The key that takes over writes this row itself, so a retired one would come back by its own word.
    const isNew = !retired.includes(to);
    const may =
      typeof from === 'string' && from === counting.at(-1) && !counting.includes(to) && isBelieved([from], isNew);
    return may ? { ...rules, counting: [...counting, to], retired: retired.filter((id) => id !== to) } : undefined;
  }
  const ended = idsIn(from);
  if (ended.length === 0 || ended.includes(to) || !counting.includes(to) || !isBelieved(ended, true)) return undefined;
  return {
    ...rules,
    counting: counting.filter((id) => !ended.includes(id)),
    retired: [...new Set([...retired, ...ended])],
  };
}

/** Whether a row may be written with its key. A change to a key begins with a row of that key, which others vouch for. */
export const mayWrite = ({ counting, strict }: LogRules, { action, keyId }: RulingRow): boolean =>
  !strict || counting.includes(keyId) || action === 'master_key.begun';

/** How a checkpoint says what rules held where the rows were pruned. */
export const rulesToDetails = ({ counting, retired, strict }: LogRules): AuditDetails =>
  strict ? { keys: counting.join(' '), retired: retired.join(' ') } : {};

export function rulesFromDetails(details: AuditRow['details']): LogRules {
  const counting = idsIn(details?.keys);
  return counting.length === 0 ? NO_RULES : { counting, retired: idsIn(details?.retired), strict: true };
}

/**
 * Whether a checkpoint may say so, by what counts where it is: each of those keys that counted before has a say. That the key
 * of the row itself may write there is not asked here.
 */
export function isCheckpointVouchedFor(
  chain: AuditChain,
  row: RulingRow,
  previous: ChainHead,
  now: LogRules,
  isSure = true,
): boolean {
  const word = vouching(chain, row, previous, checkpointVouchers(rulesFromDetails(row.details), now));
  return word === 'yes' || (isSure && word === 'nobody to ask');
}

export const checkpointVouchers = (before: LogRules, now: LogRules): string[] =>
  before.counting.filter((id) => now.counting.includes(id));

/** Each once: who names one twice names no other. */
export const idsIn = (text: unknown): string[] =>
  typeof text === 'string' ? [...new Set(text.split(' ').filter((id) => /^[0-9a-f]{12}$/.test(id)))] : [];
