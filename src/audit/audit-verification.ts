// Reads a chain of audit rows from its beginning, and names the first row that is not as it was written.
import {
  type AuditChain,
  type AuditRow,
  anchorOf,
  type ChainHead,
  GENESIS,
  isErased,
  type RowFlaw,
} from './audit-chain.ts';

/** What was published of a row: its number, and `anchorOf` it. */
export interface AuditAnchor {
  readonly seq: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly head: string;
}

/**
 * `missing`: the row of that number is not there. `reordered`: another row stands in its place. `edited`: it was changed,
 * or made up. `unknown_key`: no encryption key that is configured fits. `truncated`: an anchor says that there was such a
 * row, and the log ends before it. `anchor`: the row is not the one that was anchored. `checkpoint`: rows before it are
 * gone, and no checkpoint says so. `erased`: more rows were erased than erasures were recorded.
 */
export type FlawReason = RowFlaw | 'missing' | 'reordered' | 'truncated' | 'anchor' | 'checkpoint' | 'erased';

export interface Flaw {
  readonly seq: number;
  readonly reason: FlawReason;
}

export interface AuditVerdict {
  readonly rows: number;
  readonly firstBad: Flaw | undefined;
  /** The last row, as an anchor; undefined in an empty log. */
  readonly head: AuditAnchor | undefined;
}

export interface AuditVerification {
  /** Takes the next row, in the order of their numbers. */
  add(row: AuditRow): void;
  end(): AuditVerdict;
}

interface VerificationOptions {
  readonly chain: AuditChain;
  readonly anchors?: readonly AuditAnchor[];
  /** Where rows were pruned: what the checkpoint row says of the last of them. Believed only once that row was verified. */
  readonly prunedTo?: ChainHead | undefined;
}

export function createAuditVerification({ chain, anchors = [], prunedTo }: VerificationOptions): AuditVerification {
  const start = prunedTo ?? GENESIS;
  const anchored = new Map(anchors.map(({ seq, head }) => [seq, head]));
  let previous = start;
  let rows = 0;
  let bad: { readonly flaw: Flaw; readonly behind: ChainHead } | undefined;
  let isStartProven = prunedTo === undefined;
  let firstErased: number | undefined;
  let erased = 0;
  let recordedErasures = 0;

  const report = (flaw: Flaw | undefined): void => {
    if (flaw !== undefined) bad ??= { flaw, behind: previous };
  };
  const flawOf = (row: AuditRow): Flaw | undefined => {
    const next = previous.seq + 1;
    if (row.seq > next) return { seq: next, reason: 'missing' };
    if (row.seq < next) return { seq: row.seq, reason: 'reordered' };
    const reason = chain.flawOf(row, previous);
    if (reason !== undefined) return { seq: row.seq, reason };
    const published = anchored.get(row.seq);
    return published === undefined || published === anchorOf(row) ? undefined : { seq: row.seq, reason: 'anchor' };
  };
  /** What a row that is as it was written says of others. */
  const heed = (row: AuditRow): void => {
    const { action, details } = row;
    if (action === 'audit.checkpoint' && details?.pruned_to === start.seq && details.pruned_mac === start.mac) {
      isStartProven = true;
      recordedErasures += Number(details.erasures_left ?? 0);
    }
    if (action === 'audit.erase') recordedErasures += Number(details?.rows ?? 0);
    if (!isErased(row)) return;
    erased += 1;
    firstErased ??= row.seq;
  };
  return {
    add(row) {
      rows += 1;
      if (bad === undefined) {
        report(flawOf(row));
        if (bad === undefined) heed(row);
      } else if (bad.flaw.reason === 'edited' && chain.flawOf(row, bad.behind) === undefined) {
        // What belongs where the first flaw is, and stands further down.
        bad = { ...bad, flaw: { ...bad.flaw, reason: 'reordered' } };
      }
      previous = row;
    },
    end() {
      if (!isStartProven) report({ seq: start.seq + 1, reason: 'checkpoint' });
      const beyond = anchors.some(({ seq }) => seq > previous.seq);
      if (beyond) report({ seq: previous.seq + 1, reason: 'truncated' });
      if (erased > recordedErasures) report({ seq: firstErased ?? 0, reason: 'erased' });
      const head = rows === 0 ? undefined : { seq: previous.seq, head: anchorOf(previous) };
      return { rows, firstBad: bad?.flaw, head };
    },
  };
}
