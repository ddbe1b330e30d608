// Runs vitest and ends with one line, `N passed, N failed`, whatever happened on the way.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COSTS_FILE, costTables, type FileCost } from './test-costs.ts';

type Report = {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

/**
 * @param given what follows the command: words, vitest's options, and `--slowest`.
 * @param more variables that the tests see, besides those of this process.
 * @returns the exit code.
 */
export async function runTests(given: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<number> {
  const args = given.filter((arg) => arg !== '--slowest');
  const slowest = args.length < given.length;
  const folder = mkdtempSync(join(placeForFiles(), 'byok-test-'));
  // PostgreSQL runs as another account, in a folder of its own inside.
  chmodSync(folder, 0o711);
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    // Many tests start Node: each compiles what the ones before it in this run have not.
    const env: NodeJS.ProcessEnv = {
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      ...process.env,
      TMPDIR: folder,
      ...more,
    };
    const costs = join(folder, 'costs.json');
    if (slowest) {
      reporters.push(`--reporter=${join(import.meta.dirname, 'cost-reporter.ts')}`);
      env[COSTS_FILE] = costs;
    }
    const exitCode = await runVitest(['run', ...reporters, ...args], env);
    const { passed, failed, notes } = count(readJson<Report>(file), exitCode, args);
    if (slowest) console.log(`\n${costTables(readJson<FileCost[]>(costs) ?? [])}\n`);
    for (const note of notes) console.log(note);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : exitCode || 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const MEMORY = '/dev/shm';
const ROOM_BYTES = 4 * 2 ** 30;

/** In memory, where Linux offers enough of it: making and removing a database's folder takes a second on a disk. */
function placeForFiles(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

// A process of its own, so that a crash of vitest itself is counted too.
function runVitest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit', env });
  // Vitest stops its servers first, then we end. Ctrl-C in a terminal reaches it as well: a second signal does no harm.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('error', () => resolve(1));
  child.on('close', (code) => resolve(code ?? 1));
  return promise;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function count(report: Report | undefined, exitCode: number, args: readonly string[]) {
  if (!report) return { passed: 0, failed: 1, notes: ['The tests ended before they were done.'] };
  const notes: string[] = [];
  // Files that could not be loaded, or whose tear-down failed: none of their tests did.
  const crashed = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status === 'passed'),
  );
  let failed = report.numFailedTests + crashed.length;
  const byTitle = args.some((arg) => arg.startsWith('-t') || arg.startsWith('--testNamePattern'));
  const skipped = report.numTotalTests - report.numPassedTests - report.numFailedTests;
  if (skipped > 0 && !byTitle) {
    notes.push(`Tests that did not run (skipped, or given up with their file): ${skipped}. That counts as failed.`);
    failed += skipped;
  }
  if (report.numPassedTests + failed === 0) {
    notes.push('No test ran.');
    failed = 1;
  }
  if (exitCode !== 0 && failed === 0) {
    notes.push('Every test passed, but the run failed: see the errors above.');
    failed = 1;
  }
  return { passed: report.numPassedTests, failed, notes };
}
