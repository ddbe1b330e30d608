// Stryker on one part, with its tests alone. It works on a copy of the project in `.mutants`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Outcome, Survivor } from './outcome.ts';
import type { Part } from './parts.ts';
import { runProgram } from './run-program.ts';

/** The part of Stryker's report that is read: https://github.com/stryker-mutator/mutation-testing-elements */
interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly replacement?: string;
  readonly mutatorName: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

const OWN = join(import.meta.dirname, 'node_modules', '@stryker-mutator');
const CHANGE_LENGTH = 90;

/** @throws Error where Stryker itself fails, for example because a test fails on the unchanged code. */
export async function runStryker(root: string, work: string, { name, code, tests }: Part): Promise<Outcome> {
  mkdirSync(work, { recursive: true });
  const report = join(work, `${name}.json`);
  const config = join(work, `${name}.config.json`);
  const settings = {
    testRunner: 'vitest',
    plugins: [join(OWN, 'vitest-runner', 'dist', 'src', 'index.js')],
    vitest: { configFile: 'mutants/vitest.config.ts', related: false },
    // Stryker would read it with an older TypeScript's API, which TypeScript 7 does not have; nothing here needs it.
    tsconfigFile: join(work, 'none.json'),
    mutate: code,
    coverageAnalysis: 'perTest',
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: report },
    tempDirName: join(work, 'copies'),
    ignorePatterns: ['.mutants', '.data', 'bench', 'faults', 'wire', 'mutants/node_modules'],
    concurrency: 2,
    // A change that only makes a test wait is noticed by this.
    timeoutMS: 15_000,
  };
  writeFileSync(config, JSON.stringify(settings, null, 2));
  await runProgram(process.execPath, [join(OWN, 'core', 'bin', 'stryker.js'), 'run', relative(root, config)], {
    cwd: root,
    env: { ...process.env, MUTANTS_TESTS: tests.join(' ') },
  });
  return outcomeOf(name, JSON.parse(readFileSync(report, 'utf8')) as Report);
}

function outcomeOf(part: string, { files }: Report): Outcome {
  let killed = 0;
  const survivors: Survivor[] = [];
  for (const [file, { mutants }] of Object.entries(files)) {
    for (const { status, location, mutatorName, replacement = '' } of mutants) {
      if (status === 'Killed' || status === 'Timeout') killed += 1;
      if (status !== 'Survived' && status !== 'NoCoverage') continue;
      const change = `${mutatorName}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, CHANGE_LENGTH)}`;
      const place = `${file}:${location.start.line}:${location.start.column}`;
      survivors.push({ place, change, untested: status === 'NoCoverage' });
    }
  }
  return { part, killed, survivors };
}
