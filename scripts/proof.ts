// `npm run proof`: the tests that are large by nature, in full.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTests } from './run-tests.ts';

const ROOT = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-'));
const files = proofFiles();

const HELP = `Runs the tests that repeat something very often, in full: \`npm test\` runs a sample of each, the same every time.

  npm run proof                    all of them; takes some four minutes on two cores
  npm run proof -- parallel-adds   only files with "parallel-adds" in their path
  npm run proof -- --slowest       and at the end, what each folder and the slowest files cost

How often is said in each file, for \`npm test\` (sample) and for this (proof):
${files.map((file) => `  ${file}`).join('\n')}

Models run with new seeds each time; one that fails says its seed. Other options go to vitest as they are,
with their values behind an equals sign.
The last line says: N passed, N failed.`;

const chosen = files.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (args.includes('--help') || args.includes('-h')) console.log(HELP);
else if (chosen.length > 0) process.exitCode = await runTests([...chosen, ...options], { BYOK_PROOF: 'yes' });
else {
  console.log(`None of the proof's files has that in its path: ${words.join(' ')}\n0 passed, 1 failed`);
  process.exitCode = 1;
}

/** The files that have a sample and a proof. */
function proofFiles(): string[] {
  return globSync('test/**/*.test.ts', { cwd: ROOT })
    .filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('support/proof.ts'))
    .sort();
}
