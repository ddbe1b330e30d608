// What differs between two recordings, request by request.
import { diffLines } from './line-diff.ts';
import type { Entry, Recording } from './recording.ts';

export interface Difference {
  readonly name: string;
  readonly request: string;
  /** As `diff -u` shows them. */
  readonly lines: readonly string[];
}

/** In the order of the second recording, then what only the first has. */
export function compareRecordings(before: Recording, after: Recording): Difference[] {
  const earlier = new Map(before.entries.map((entry) => [entry.name, entry]));
  const differences: Difference[] = [];
  for (const entry of after.entries) {
    const old = earlier.get(entry.name);
    earlier.delete(entry.name);
    if (old === undefined) differences.push(onlyIn(entry, '+ only in the second recording'));
    else if (JSON.stringify(old.seen) !== JSON.stringify(entry.seen))
      differences.push({ name: entry.name, request: entry.request, lines: diffLines(linesOf(old), linesOf(entry)) });
  }
  return [...differences, ...[...earlier.values()].map((entry) => onlyIn(entry, '- only in the first recording'))];
}

/** Text for people. What changes many answers in the same way is shown once; long differences are cut. */
export function showDifferences(differences: readonly Difference[]): string[] {
  const alike = Map.groupBy(differences, ({ lines }) => lines.filter((line) => /^[-+]/.test(line)).join('\n'));
  return [...alike.values()].map(([first, ...others]) =>
    [...(first === undefined ? [] : showDifference(first)), ...showNames(others)].join('\n'),
  );
}

const MOST_LINES = 60;
const MOST_NAMES = 5;

function showDifference({ name, request, lines }: Difference): string[] {
  const rest = lines.length - MOST_LINES;
  const shown = rest > 0 ? [...lines.slice(0, MOST_LINES), `… and ${rest} lines more`] : lines;
  return [name, ...[request, ...shown].map((line) => `  ${line}`)];
}

function showNames(others: readonly Difference[]): string[] {
  if (others.length === 0) return [];
  const rest = others.length - MOST_NAMES;
  const names = others.slice(0, MOST_NAMES).map(({ name }) => `    ${name}`);
  return [`  The same in ${others.length} more:`, ...names, ...(rest > 0 ? [`    … and ${rest} others`] : [])];
}

const onlyIn = ({ name, request }: Entry, line: string): Difference => ({ name, request, lines: [line] });
const linesOf = ({ seen }: Entry): string[] => JSON.stringify(seen, null, 2).split('\n');
