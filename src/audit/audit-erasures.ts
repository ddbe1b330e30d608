// Checks that exactly those rows are without their personal fields that erasures name.
import { type AuditRow, isErased } from './audit-chain.ts';
import { numbersIn } from './row-numbers.ts';

export interface ErasureCheck {
  /** Takes the next row, which is as it was written. @returns what is wrong, and with which row. */
  add(row: AuditRow, strict: boolean): { readonly seq: number; readonly reason: 'erased' | 'restored' } | undefined;
  /** What a checkpoint says of erasures among the pruned rows, as logs did before erasures named their rows. */
  countBefore(erasures: number): void;
  end(): { readonly seq: number; readonly reason: 'erased' | 'checkpoint' } | undefined;
  /** How many rows erasures of the old kind speak of, among the rows so far. */
  recorded(): number;
  /** Of the erasures of the old kind: those recorded in the rows up to `seq`, less the rows up to there that they erased. */
  left(recorded: number, seq: number): number;
  /** Rows that were erased before erasures named their rows: that it was these rows, nobody can say. */
  unnamed(): number;
}

/** @param prunedTo number of the last row that was pruned, or 0. */
export function createErasureCheck(prunedTo: number): ErasureCheck {
  const erased = new Set<number>();
  const named = new Set<number>();
  // By number only: what erasures of the old kind say, and the rows that were found erased when the new kind began.
  let counted = 0;
  let before = 0;
  let adopted: ReadonlySet<number> | undefined;

  const firstOf = (numbers: Iterable<number>): number =>
    [...numbers].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const unnamed = (): Set<number> => new Set([...(adopted ?? erased)].filter((seq) => !named.has(seq)));

  /** Rows that a row names: every one of them has to be there, and erased. */
  const take = (row: AuditRow, text: unknown) => {
    const numbers = numbersIn(text, row.seq - 1);
    if (numbers === undefined) return { flaw: { seq: row.seq, reason: 'erased' } as const };
    const kept = numbers.filter((seq) => seq > prunedTo);
    const back = kept.find((seq) => !erased.has(seq));
    return back === undefined ? { kept } : { flaw: { seq: back, reason: 'restored' } as const };
  };

  return {
    add(row, strict) {
      if (isErased(row)) erased.add(row.seq);
      const { action, details } = row;
      if (action === 'audit.format') {
        const { kept, flaw } = take(row, details?.erased ?? '');
        adopted = new Set(kept);
        return flaw;
      }
      if (action !== 'audit.erase') return undefined;
      if (details?.seqs === undefined && details?.rows !== 0) {
        counted += Number(details?.rows ?? 0);
        return strict ? { seq: row.seq, reason: 'erased' } : undefined;
      }
      const { kept = [], flaw } = take(row, details.seqs ?? '');
      for (const seq of kept) named.add(seq);
      return flaw;
    },
    countBefore(erasures) {
      before = erasures;
    },
    recorded: () => counted,
    left(recorded, seq) {
      return before + recorded - [...unnamed()].filter((one) => one <= seq).length;
    },
    end() {
      const old = unnamed();
      const unrecorded = [...erased].filter((seq) => !named.has(seq) && !old.has(seq));
      if (unrecorded.length > 0) return { seq: firstOf(unrecorded), reason: 'erased' };
      const known = before + counted;
      if (old.size > Math.max(known, 0)) return { seq: firstOf(old), reason: 'erased' };
      // More rows were erased among those that were pruned than there are erasures, there and here.
      return Number.isInteger(known) && known >= 0 ? undefined : { seq: prunedTo + 1, reason: 'checkpoint' };
    },
    unnamed: () => unnamed().size,
  };
}
