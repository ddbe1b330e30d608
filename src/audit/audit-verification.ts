// Reads a chain of audit rows from its beginning, and names the first row that is not as it was written.
import { type AnchorCounts, createAnchorCheck, type RecordedRestore } from './audit-anchor-check.ts';
import {
  type AuditAnchor,
  type AuditChain,
  type AuditRow,
  anchorOf,
  type ChainHead,
  GENESIS,
  OLD_GENESIS,
  type RowFlaw,
} from './audit-chain.ts';
import { createErasureCheck } from './audit-erasures.ts';
import { firstRules, isCheckpointVouchedFor, type LogRules, mayWrite, NO_RULES, rulesAfter } from './audit-rules.ts';

/**
 * `missing`: the row of that number is not there. `reordered`: another row is in its place. `edited`: it was changed, or made
 * up. `unknown_key`: no encryption key that is configured fits. `key_not_in_use`: it was written with a key that did not count
 * then. `master_key`: it changes which keys count, and may not. `truncated`: an anchor says that there was such a row, and the
 * log ends before it. `anchor`: the row is not the one that was anchored. `two_heads`: two anchors of it differ, so one of two
 * rows was put in the place of the other. `checkpoint`: rows before it are gone, and no checkpoint says so. `erased`: it was
 * erased, and no erasure names it. `restored`: an erasure names it, and it says again what was erased. `pruned`: it was
 * pruned, and its anchor is younger than what may have been pruned.
 */
export type FlawReason =
  | RowFlaw
  | 'missing'
  | 'reordered'
  | 'key_not_in_use'
  | 'master_key'
  | 'truncated'
  | 'anchor'
  | 'two_heads'
  | 'checkpoint'
  | 'erased'
  | 'restored'
  | 'pruned';

export interface Flaw {
  readonly seq: number;
  readonly reason: FlawReason;
}

export interface AuditVerdict {
  readonly rows: number;
  readonly firstBad: Flaw | undefined;
  /** The last row, as an anchor; undefined in an empty log. */
  readonly head: AuditAnchor | undefined;
  readonly anchors: AnchorCounts;
  /** Anchors that fit no row, and that no recorded restore names. */
  readonly unexplained: readonly AuditAnchor[];
  /** Losses of rows that the log admits, each time somebody looks. */
  readonly restores: readonly RecordedRestore[];
  /** Rows that were erased before erasures named their rows: only how many there may be is known. */
  readonly unnamedErasures: number;
  /** Whether the log is under the rules since some row of it. False: no service of this version has started with it yet. */
  readonly strict: boolean;
}

export interface AuditVerification {
  /** Takes the next row, in the order of their numbers. */
  add(row: AuditRow): void;
  /** What is known so far. Rows may follow, and another verdict after them. */
  verdict(): AuditVerdict;
  /** What the first row follows. */
  beginning(): ChainHead;
  /** Where a checkpoint may begin that stands for the rows so far. Of use once the verdict is that everything holds. */
  mark(): PruneMark;
  /** What is left at a mark of erasures from before they named their rows. */
  erasuresLeft(mark: PruneMark): number;
}

/** The last of the rows that were pruned, as a checkpoint has it. Believed only once the row of the checkpoint was verified. */
export interface PrunedTo extends ChainHead {
  /** What held there. */
  readonly rules: LogRules;
  /** Rows from before then were pruned; undefined where an earlier version has pruned them. */
  readonly cutoff?: Date | undefined;
}

/** The last row that is to be pruned. */
export interface PruneMark extends PrunedTo {
  /** How many erased rows are spoken of up to there, without names. */
  readonly recorded: number;
}

interface VerificationOptions {
  readonly chain: AuditChain;
  readonly anchors?: readonly AuditAnchor[];
  readonly prunedTo?: PrunedTo | undefined;
}

export function createAuditVerification({ chain, anchors = [], prunedTo }: VerificationOptions): AuditVerification {
  let start: ChainHead = prunedTo ?? GENESIS;
  let rules = prunedTo?.rules ?? NO_RULES;
  let previous = start;
  let rows = 0;
  let bad: { readonly flaw: Flaw; readonly behind: ChainHead } | undefined;
  let isStartProven = prunedTo === undefined;
  const erasures = createErasureCheck(start.seq);
  const published = createAnchorCheck(anchors, start);

  const report = (flaw: Flaw | undefined): void => {
    if (flaw !== undefined) bad ??= { flaw, behind: previous };
  };
  /** A log that was begun before there were these rules has another beginning. */
  const begin = (row: AuditRow): void => {
    if (row.seq === 1 && chain.flawOf(row, GENESIS) !== undefined && chain.flawOf(row, OLD_GENESIS) === undefined)
      previous = start = OLD_GENESIS;
    else rules = firstRules(row);
  };
  const flawOf = (row: AuditRow): Flaw | undefined => {
    const next = previous.seq + 1;
    if (row.seq > next) return { seq: next, reason: 'missing' };
    if (row.seq < next) return { seq: row.seq, reason: 'reordered' };
    const { seq } = row;
    const reason = chain.flawOf(row, previous);
    if (reason !== undefined) return { seq, reason };
    if (!mayWrite(rules, row)) return { seq, reason: 'key_not_in_use' };
    const after = rulesAfter(rules, row, previous, chain);
    if (after === undefined) return { seq, reason: 'master_key' };
    rules = after;
    return erasures.add(row, rules.strict) ?? (heedCheckpoint(row) ? undefined : { seq, reason: 'checkpoint' });
  };
  const heedCheckpoint = (row: AuditRow): boolean => {
    const { action, details } = row;
    if (action !== 'audit.checkpoint' || details?.pruned_to !== start.seq || details.pruned_mac !== start.mac)
      return true;
    if (!isCheckpointVouchedFor(chain, row, previous, rules)) return false;
    isStartProven = true;
    erasures.countBefore(Number(details.erasures_left ?? 0));
    return true;
  };
  return {
    add(row) {
      if (rows === 0 && prunedTo === undefined) begin(row);
      rows += 1;
      published.see(row);
      if (bad === undefined) {
        report(flawOf(row));
        if (bad === undefined) published.heed(row);
      } else if (bad.flaw.reason === 'edited' && chain.flawOf(row, bad.behind) === undefined) {
        // What belongs where the first flaw is, and is found further down.
        bad = { ...bad, flaw: { ...bad.flaw, reason: 'reordered' } };
      }
      previous = row;
    },
    verdict() {
      const beginning = isStartProven ? undefined : ({ seq: start.seq + 1, reason: 'checkpoint' } as const);
      const found: Flaw | undefined = bad?.flaw ?? beginning ?? erasures.end();
      const { flaw, counts, ...explained } = published.end(previous.seq);
      const firstBad = found === undefined || (flaw !== undefined && flaw.seq < found.seq) ? flaw : found;
      const head = rows === 0 ? undefined : { seq: previous.seq, head: anchorOf(previous) };
      const more = { anchors: counts, ...explained, unnamedErasures: erasures.unnamed(), strict: rules.strict };
      return { rows, firstBad, head, ...more };
    },
    beginning: () => start,
    mark: () => ({ seq: previous.seq, mac: previous.mac, rules, recorded: erasures.recorded() }),
    // After the row `audit.format`, which names every row that was erased by then, the number limits nothing any more. An
    // erasure may be recorded further on than the rows that it erased, so it would be below zero.
    erasuresLeft: ({ recorded, seq }) => Math.max(0, erasures.left(recorded, seq)),
  };
}
