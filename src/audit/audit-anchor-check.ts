// Compares rows with what was published of them, and with what recorded restores say was lost.
import { type AuditAnchor, type AuditRow, anchorOf, type ChainHead } from './audit-chain.ts';

interface Flaw {
  readonly seq: number;
  readonly reason: 'two_heads' | 'truncated' | 'anchor' | 'pruned';
}

/** Rows that were lost because the log was restored from a backup, as a row of the log says. */
export interface RecordedRestore {
  /** Number of the row that says so. */
  readonly seq: number;
  readonly at: Date;
  /** Rows after this one were lost … */
  readonly after: number;
  /** … up to this one, the last of which an anchor is known. */
  readonly to: number;
}

export interface AnchorCounts {
  readonly fit: number;
  /** Of rows that were lost in a restore that is recorded. */
  readonly lost: number;
  /** Of rows that have been pruned since: nothing is left to compare them with. */
  readonly pruned: number;
}

export interface AnchorCheck {
  /** Takes a row, whatever is wrong with it. */
  see(row: ChainHead): void;
  /** Takes a row that is as it was written. */
  heed(row: AuditRow): void;
  /** @param last number of the last row that is there. */
  end(last: number): AnchorVerdict;
}

interface AnchorVerdict {
  readonly flaw: Flaw | undefined;
  readonly counts: AnchorCounts;
  readonly restores: readonly RecordedRestore[];
  /** Those that fit no row, and that no recorded restore names. */
  readonly unexplained: readonly AuditAnchor[];
}

const textOf = ({ seq, head }: AuditAnchor): string => `${seq}:${head.replace('sha256:', '')}`;

/** The anchors that a restore was recorded with. */
export const lostAnchorsText = (anchors: readonly AuditAnchor[]): string => anchors.map(textOf).join(' ');

/** Anchors come within an hour of their rows, and clocks differ. */
const ANCHOR_LAG_MS = 86_400_000;

/** Each once, with the earliest time at which it was published. */
function distinct(anchors: readonly AuditAnchor[]): AuditAnchor[] {
  const earliest = new Map<string, AuditAnchor>();
  for (const one of anchors) {
    const known = earliest.get(textOf(one));
    if (known?.at === undefined || (one.at !== undefined && one.at < known.at)) earliest.set(textOf(one), one);
  }
  return [...earliest.values()];
}

/** @param start the last row that was pruned, or what the first row follows; `cutoff`: rows from before then were pruned. */
export function createAnchorCheck(
  anchors: readonly AuditAnchor[],
  start: ChainHead & { readonly cutoff?: Date | undefined },
): AnchorCheck {
  const published = Map.groupBy(distinct(anchors), ({ seq }) => seq);
  const prunable = (start.cutoff?.getTime() ?? Number.POSITIVE_INFINITY) + ANCHOR_LAG_MS;
  const actual = new Map<number, string>();
  const lost = new Set<string>();
  const restores: RecordedRestore[] = [];

  const see = (row: ChainHead): void => {
    if (published.has(row.seq)) actual.set(row.seq, anchorOf(row));
  };
  if (start.seq > 0) see(start);

  /** What is wrong with the anchors of one row. A restore leaves two heads for one number, and says which is gone. */
  const flawOf = (seq: number, heads: readonly AuditAnchor[], last: number): Flaw | undefined => {
    const left = heads.filter((one) => !lost.has(textOf(one)));
    if (left.length > 1) return { seq, reason: 'two_heads' };
    const [one] = left;
    if (one === undefined) return undefined;
    if (seq <= start.seq && (one.at?.getTime() ?? 0) > prunable) return { seq, reason: 'pruned' };
    if (actual.get(seq) === one.head) return undefined;
    if (seq > last) return { seq: last + 1, reason: 'truncated' };
    return actual.has(seq) ? { seq, reason: 'anchor' } : undefined;
  };

  return {
    see,
    heed({ seq, at, action, details }) {
      if (action !== 'audit.restored') return;
      const after = Number(details?.after);
      const names = (typeof details?.lost === 'string' ? details.lost : '')
        .split(' ')
        .filter((text) => /^\d{1,15}:[0-9a-f]{64}$/.test(text));
      const believed = names.filter((text) => Number.parseInt(text, 10) > after);
      if (!(after >= 0 && after < seq) || believed.length === 0) return;
      for (const text of believed) lost.add(text);
      const to = Math.max(...believed.map((text) => Number.parseInt(text, 10)));
      const last = restores.at(-1);
      // One restore takes several rows where its anchors are many.
      if (last !== undefined && last.after === after)
        restores[restores.length - 1] = { ...last, to: Math.max(last.to, to) };
      else restores.push({ seq, at, after, to });
    },
    end(last) {
      const flaws = [...published].map(([seq, heads]) => flawOf(seq, heads, last)).filter((flaw) => flaw !== undefined);
      const [flaw] = flaws.toSorted((a, b) => a.seq - b.seq);
      const all = [...published.values()].flat();
      const isLost = (one: AuditAnchor): boolean => lost.has(textOf(one)) && actual.get(one.seq) !== one.head;
      const counts = {
        fit: all.filter(({ seq, head }) => actual.get(seq) === head).length,
        lost: all.filter(isLost).length,
        pruned: all.filter((one) => one.seq < start.seq && !isLost(one)).length,
      };
      const unexplained = all.filter((one) => one.seq >= start.seq && actual.get(one.seq) !== one.head && !isLost(one));
      return { flaw, counts, restores, unexplained };
    },
  };
}
