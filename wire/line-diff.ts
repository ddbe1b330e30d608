// The lines in which two texts differ, as `diff -u` shows them.

const CONTEXT = 3;
/** Beyond so many pairs of lines, all of the old are shown, then all of the new. */
const MOST_PAIRS = 4_000_000;

type Line = readonly [mark: ' ' | '-' | '+', text: string];

/** @returns no lines where they are the same. Hunks are set apart by `…`. */
export function diffLines(before: readonly string[], after: readonly string[]): string[] {
  const lines = align(before, after);
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(([mark]) => mark !== ' '),
  );
  const shown: string[] = [];
  for (const [i, [mark, text]] of lines.entries()) {
    if (near[i]) shown.push(`${mark} ${text}`);
    else if (near[i - 1]) shown.push('…');
  }
  return shown.at(-1) === '…' ? shown.slice(0, -1) : shown;
}

/** By the longest common subsequence, after what both begin and end with. */
function align(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const same = (from: number, to: number): Line[] => before.slice(from, to).map((text) => [' ', text] as const);
  return [
    ...same(0, start),
    ...alignMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.length - end, before.length),
  ];
}

function alignMiddle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > MOST_PAIRS)
    return [...before.map((text): Line => ['-', text]), ...after.map((text): Line => ['+', text])];
  const width = after.length + 1;
  // How long the longest common subsequence of what follows is, from each pair of places.
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      longest[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push([' ', old]);
      i += 1;
      j += 1;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(['-', old]);
      i += 1;
    } else {
      lines.push(['+', now ?? '']);
      j += 1;
    }
  }
  return lines;
}
