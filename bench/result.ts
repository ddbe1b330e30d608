// One line of the benchmark's table.

export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | 'MB' | 'calls';
  /** What it is to be compared with, such as `≤ 1.3`. */
  readonly target: string;
  readonly met: boolean;
  /** What was measured on the way. */
  readonly detail: string;
}

export const atMost = (limit: number) => (value: number) => ({ target: `≤ ${limit}`, met: value <= limit });
export const atLeast = (limit: number) => (value: number) => ({ target: `≥ ${limit}`, met: value >= limit });
export const exactly = (wanted: number) => (value: number) => ({ target: `= ${wanted}`, met: value === wanted });

export function result(
  name: string,
  value: number,
  unit: Result['unit'],
  judge: (value: number) => Pick<Result, 'target' | 'met'>,
  detail: string,
): Result {
  return { name, value: Math.round(value * 100) / 100, unit, ...judge(value), detail };
}

export function table(results: readonly Result[]): string {
  const rows = results.map(({ name, value, unit, target, met, detail }) => [
    name,
    `${value} ${unit}`,
    target,
    met ? 'yes' : 'no',
    detail,
  ]);
  return [['What', 'Measured', 'Target', 'Met', 'Figures of the run'], ['---', '---', '---', '---', '---'], ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
