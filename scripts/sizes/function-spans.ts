// Functions as stretches of a file, and how long each is by itself.

export interface FunctionSpan {
  readonly name: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** Both counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** A function of one or two lines belongs to the one around it. */
const SHORT = 2;

/**
 * A factory is as long as the longest function inside it: each is measured by itself, and what is left over, the lines outside
 * of them, is the factory's own.
 */
export function ownLines(span: FunctionSpan, all: readonly FunctionSpan[]): number {
  const own = new Set<number>();
  for (let line = span.firstLine; line <= span.lastLine; line += 1) own.add(line);
  for (const inner of all) {
    const isInside = inner !== span && inner.start >= span.start && inner.end <= span.end;
    if (!isInside || inner.lastLine - inner.firstLine < SHORT) continue;
    for (let line = inner.firstLine; line <= inner.lastLine; line += 1) own.delete(line);
  }
  return own.size;
}

/** Says on which line an offset is. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
}
