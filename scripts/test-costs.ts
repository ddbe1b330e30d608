// What tests cost, by folder and by file: the tables of `npm test -- --slowest`.
import { dirname } from 'node:path';

/** The variable that tells the reporter where to write the costs. */
export const COSTS_FILE = 'BYOK_TEST_COSTS';

export type FileCost = {
  /** From the root of the project. */
  readonly path: string;
  readonly tests: number;
  /** Loading the file, its set-up, its tests and its tear-down. */
  readonly wallMs: number;
  /** Of the worker, and of the programs that the file started and that have ended. Missing where nothing noted it. */
  readonly cpuMs?: number;
};

type Row = readonly [name: string, cpu: string, wall: string, tests: string, files: string];

const SHOWN = 10;

export function costTables(costs: readonly FileCost[]): string {
  const byFolder = Map.groupBy(costs, folderOf);
  const folders = [...byFolder].map(([name, files]) => ({ name, ...sumOf(files), files: files.length }));
  const files = costs.map((cost) => ({ name: cost.path, ...sumOf([cost]) }));
  const all = sumOf(costs);
  return [
    table([
      ['folder', 'processor s', 'time s', 'tests', 'files'],
      ...folders.sort(dearestFirst).map(({ files, ...folder }) => rowOf(folder, String(files))),
    ]),
    table([
      [`the ${SHOWN} slowest files`, 'processor s', 'time s', 'tests', ''],
      ...files
        .sort(dearestFirst)
        .slice(0, SHOWN)
        .map((file) => rowOf(file, '')),
    ]),
    `${all.tests} tests took ${seconds(all.cpuMs)} s of processor time, without the shared servers.`,
  ].join('\n\n');
}

/** `test/keys` of `test/keys/some.test.ts` and of what is deeper. */
const folderOf = ({ path }: FileCost): string => dirname(path).split('/').slice(0, 2).join('/');

type Sum = { readonly cpuMs: number | undefined; readonly wallMs: number; readonly tests: number };

const sumOf = (costs: readonly FileCost[]): Sum => ({
  cpuMs: costs.every(({ cpuMs }) => cpuMs === undefined)
    ? undefined
    : costs.reduce((sum, { cpuMs = 0 }) => sum + cpuMs, 0),
  wallMs: costs.reduce((sum, { wallMs }) => sum + wallMs, 0),
  tests: costs.reduce((sum, { tests }) => sum + tests, 0),
});

const dearestFirst = (a: Sum, b: Sum): number => (b.cpuMs ?? 0) - (a.cpuMs ?? 0) || b.wallMs - a.wallMs;

const seconds = (ms: number | undefined): string => (ms === undefined ? '?' : (ms / 1000).toFixed(1));

const rowOf = ({ name, cpuMs, wallMs, tests }: Sum & { name: string }, files: string): Row => [
  name,
  seconds(cpuMs),
  seconds(wallMs),
  String(tests),
  files,
];

function table(rows: readonly Row[]): string {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(width(at)) : cell.padStart(width(at)))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
