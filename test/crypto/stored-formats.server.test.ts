// The vectors of stored formats come from an implementation in Python, which is beside them: it still makes the same.
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { runProgram } from '../support/programs/run-program.ts';

const FOLDER = 'test/fixtures/stored-formats';

it('another implementation makes the vectors, byte for byte', async () => {
  const { output } = await runProgram(inject('python'), [`${FOLDER}/generate.py`], { folder: process.cwd() });
  expect(output.trim()).toBe(readFileSync(`${FOLDER}/vectors.json`, 'utf8').trim());
});
