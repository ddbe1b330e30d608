// Numbers of rows as text: `3-5,9`.

/** @param numbers in any order, each once. @returns texts of at most `longest` ranges each; none for no number. */
export function rangesOf(numbers: readonly number[], longest = 500): string[] {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  const texts: string[] = [];
  for (let start = 0; start < ranges.length; start += longest)
    texts.push(
      ranges
        .slice(start, start + longest)
        .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
        .join(','),
    );
  return texts;
}

/** Undefined: it is no such text, or a number in it is not from 1 to `last`. */
export function numbersIn(text: unknown, last: number): number[] | undefined {
  if (typeof text !== 'string') return undefined;
  const numbers: number[] = [];
  for (const range of text.split(',').filter((part) => part !== '')) {
    const [, from, to = from] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(range) ?? [];
    const [begin, end] = [Number(from), Number(to)];
    if (!(begin >= 1 && begin <= end && end <= last)) return undefined;
    for (let number = begin; number <= end; number += 1) numbers.push(number);
  }
  return numbers;
}
