// `npm run mutants`.
import { join } from 'node:path';
import { type Outcome, scoreOf, scoreTable, survivorLines } from './outcome.ts';
import { PARTS } from './parts.ts';
import { PYTHON_PART, runMutmut } from './run-mutmut.ts';
import { runStryker } from './run-stryker.ts';

const ROOT = join(import.meta.dirname, '..');
const WORK = join(ROOT, '.mutants');
const WANTED = 90;
const NAMES = [...PARTS.map(({ name }) => name), PYTHON_PART];

const HELP = `Changes the code in one small place at a time and runs the tests of its part: one of them has to fail.

  npm run mutants                    every part; takes an hour or more on two cores
  npm run mutants -- crypto audit    these parts

Parts: ${NAMES.join(', ')}. Their code and tests are in mutants/parts.ts. Stryker makes the
changes, mutmut those to the Python client. Each change that no test noticed is listed with its place; some change
nothing that can be seen from outside. Exit status 1 where fewer than ${WANTED} % of a part's changes were noticed.`;

const args = process.argv.slice(2);
const unknown = args.filter((arg) => !NAMES.includes(arg));
if (args.includes('--help') || args.includes('-h')) console.log(HELP);
else if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. Parts: ${NAMES.join(', ')}.`);
  process.exitCode = 1;
} else await measure(args.length === 0 ? NAMES : args);

async function measure(names: readonly string[]): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const part = PARTS.find((known) => known.name === name);
    console.log(`\n== ${name}`);
    const outcome = await (part === undefined ? runMutmut(ROOT, WORK) : runStryker(ROOT, WORK, part));
    for (const line of survivorLines(outcome)) console.log(line);
    outcomes.push(outcome);
  }
  console.log(`\n${scoreTable(outcomes, WANTED)}`);
  if (outcomes.some((outcome) => scoreOf(outcome) < WANTED)) process.exitCode = 1;
}
