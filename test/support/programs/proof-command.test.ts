// `npm run proof` finds its tests by itself, and runs no others.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from './run-program.ts';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'scripts', 'proof.ts');
const proof = (...args: string[]) => runProgram(process.execPath, [COMMAND, ...args], { folder: process.cwd() });

test('--help lists the tests that have a proof', async () => {
  const { status, output } = await proof('--help');
  expect(status).toBe(0);
  for (const file of ['keys/parallel-adds.server', 'users/cache/user-cache-orders', 'app/canary-keys'])
    expect(output).toContain(`  test/${file}.test.ts\n`);
  expect(output).not.toContain('tiers.test.ts');
});

test('a word that is in no path of theirs runs nothing, and that is a failure', async () => {
  const { status, output } = await proof('users/tiers');
  expect(output.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
  expect(status).toBe(1);
});

test('it does all that npm test has a sample of, and the last line counts', async () => {
  const { status, output } = await proof('user-cache-orders', '--reporter=verbose');
  expect(output).toMatch(/in every order of events/);
  expect(output.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed');
  expect(status).toBe(0);
});
