// Which of the things that the audit log says of master keys are believed. Anyone who has a retired key can write rows that fit
// their keys, and say in them whatever they like; so where the log begins, and with which keys, is taken from no row that only
// its own word speaks for.
import { type AuditChain, type AuditRow, type ChainHead, GENESIS, OLD_GENESIS } from '../audit-chain.ts';
import {
  firstRules,
  idsIn,
  isCheckpointVouchedFor,
  type LogRules,
  mayWrite,
  NO_RULES,
  rulesAfter,
  rulesFromDetails,
} from '../audit-rules.ts';

export interface LinkedRow extends AuditRow {
  /** MAC of the row before it; null where that is not there. */
  readonly previousMac: string | null;
}

export interface LogEvidence {
  /** The rows that say which keys count, in the order of their numbers. */
  readonly ruling: readonly LinkedRow[];
  readonly checkpoints: readonly LinkedRow[];
  /** The row with the lowest number. */
  readonly first: AuditRow | undefined;
  /** Id of the key that the database is used with: the oldest one that counts, since `finished` moves it. */
  readonly used: string | undefined;
  /** Ids of keys that are out of use, as `key_check` has them. */
  readonly retired: readonly string[];
}

/** A place from which the log can be read. */
interface Beginning {
  readonly rules: LogRules;
  /** The checkpoint that stands for the rows before; undefined where the first row of all is there. */
  readonly checkpoint: AuditRow | undefined;
}

export interface BelievedRules {
  /** What holds now. */
  readonly rules: LogRules;
  /** Undefined: no beginning is believed. */
  readonly beginning: Beginning | undefined;
}

export function believedRules(evidence: LogEvidence, chain: AuditChain): BelievedRules {
  const checkpoints = evidence.checkpoints.map((row) => fromCheckpoint(row, evidence, chain)).filter((one) => !!one);
  const strict = checkpoints.filter(({ rules }) => rules.strict).reverse();
  const first = fromFirst(evidence, chain);
  // Rows before a checkpoint were taken out in one transaction with it: where some are there, somebody has put them back. A log
  // that is under the rules is taken for an old one by nothing that a checkpoint leaves out.
  const beginnings = [...strict, ...(first === undefined ? checkpoints.slice(-1) : [first])];
  const all: readonly BelievedRules[] = [
    ...beginnings.map((beginning) => ({ rules: beginning.rules, beginning })),
    { rules: withoutBeginning(evidence, chain), beginning: undefined },
  ];
  return mostKnowing(all, evidence, chain);
}

/**
 * By each of them the key in use counts first, then those that have taken over since. The one that knows of most is believed:
 * anyone who has a key that counts can write of a time before others did, or put rows back from then, and for none of the keys
 * that are listed here, and in use, can they say that it has taken over.
 */
function mostKnowing(all: readonly BelievedRules[], { retired }: LogEvidence, { keyIds }: AuditChain): BelievedRules {
  const inUse = keyIds.filter((id) => !retired.includes(id));
  const known = ({ rules }: BelievedRules): string =>
    inUse.map((id) => (rules.counting.includes(id) ? '1' : '0')).join('');
  const countOf = (one: BelievedRules): number => known(one).replaceAll('0', '').length;
  const compare = (a: BelievedRules, b: BelievedRules): number =>
    countOf(b) - countOf(a) || known(b).localeCompare(known(a));
  return all.toSorted(compare)[0] as BelievedRules;
}

/** The last row that was pruned, as the checkpoint has it; undefined where no prune writes it so. */
export function prunedHead({ seq, details }: AuditRow): ChainHead | undefined {
  const [number, mac] = [details?.pruned_to, details?.pruned_mac];
  const isNumber = Number.isSafeInteger(number) && Number(number) >= 1 && Number(number) < seq;
  return isNumber && typeof mac === 'string' ? { seq: Number(number), mac } : undefined;
}

/** Rows that nobody who may has written are passed over: verification names them. @param end number of the row to stop at. */
function rulesFrom(
  start: LogRules,
  head: ChainHead,
  { ruling, retired }: LogEvidence,
  chain: AuditChain,
  end = Number.POSITIVE_INFINITY,
): LogRules {
  // The end of a change is in `key_check` as well. Without that somebody with two keys that count has made it up.
  const isEnd = ({ action, details }: LinkedRow): boolean =>
    action !== 'master_key.finished' || idsIn(details?.from).every((id) => retired.includes(id));
  return ruling
    .filter((row) => row.seq > head.seq && row.seq < end && isEnd(row))
    .reduce((rules, row) => {
      const previous = before(row, head);
      const flaw = chain.flawOf(row, previous);
      if (flaw === 'edited') return rules;
      return rulesAfter(rules, row, previous, chain, flaw === undefined) ?? rules;
    }, start);
}

const before = ({ seq, previousMac }: LinkedRow, head: ChainHead): ChainHead =>
  seq === head.seq + 1 ? head : { seq: seq - 1, mac: previousMac ?? '' };

const oldRules = ({ used }: LogEvidence): LogRules => ({ ...NO_RULES, counting: used === undefined ? [] : [used] });

/** Believed where a key wrote it that counted there, where each that counts now vouches, and where it ends with the key in use. */
function fromCheckpoint(row: LinkedRow, evidence: LogEvidence, chain: AuditChain) {
  const head = prunedHead(row);
  if (head === undefined) return undefined;
  const previous = before(row, head);
  const flaw = chain.flawOf(row, previous);
  if (flaw === 'edited') return undefined;
  const claimed = rulesFromDetails(row.details);
  const start = claimed.strict ? claimed : oldRules(evidence);
  const there = rulesFrom(start, head, evidence, chain, row.seq);
  const rules = sinceInUse(rulesFrom(start, head, evidence, chain), evidence);
  if (rules === undefined || !mayWrite(there, row) || !(rules.strict || isOld(row, evidence))) return undefined;
  if (!isCheckpointVouchedFor(chain, row, previous, rules, flaw === undefined)) return undefined;
  return { rules, checkpoint: row };
}

/** Whether a checkpoint that names no keys may do so: nothing in the log does, or the key in use says so. */
const isOld = ({ keyId }: AuditRow, { ruling, checkpoints, used }: LogEvidence): boolean =>
  keyId === used || (ruling.length === 0 && checkpoints.every(({ details }) => !rulesFromDetails(details).strict));

function fromFirst(evidence: LogEvidence, chain: AuditChain): Beginning | undefined {
  const { first, used } = evidence;
  if (first?.seq !== 1) return undefined;
  const head = [GENESIS, OLD_GENESIS].find((genesis) => chain.flawOf(first, genesis) === undefined);
  if (head === undefined) return undefined;
  const rules = rulesFrom(head === GENESIS ? firstRules(first) : oldRules(evidence), head, evidence, chain);
  // Every row is there, the one that took that key out of use too: what is kept of the key in use is behind, then.
  const isBehind = used !== undefined && rules.retired.includes(used);
  const since = isBehind ? rules : sinceInUse(rules, evidence);
  return since === undefined ? undefined : { rules: since, checkpoint: undefined };
}

/**
 * `finished` moves the key that the database is used with: where rows say that an older one counts, `finished` was taken away,
 * and where they do not know that key, more was. @returns undefined in the second case.
 */
function sinceInUse(rules: LogRules, { used }: LogEvidence): LogRules | undefined {
  if (used === undefined || !rules.strict) return rules;
  const { counting, retired } = rules;
  const index = counting.indexOf(used);
  if (index < 0) return undefined;
  const ended = counting.slice(0, index);
  return { ...rules, counting: counting.slice(index), retired: [...new Set([...retired, ...ended])] };
}

/**
 * From the key that the database is used with. That a row names a key says nothing of it: anyone may have taken away the rows
 * by which it counts, and none of them is out of use for that.
 */
const withoutBeginning = (evidence: LogEvidence, chain: AuditChain): LogRules =>
  rulesFrom({ ...oldRules(evidence), strict: true }, GENESIS, evidence, chain);
