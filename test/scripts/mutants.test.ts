import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, scoreOf, scoreTable, survivorLines } from '../../mutants/outcome.ts';
import { PARTS } from '../../mutants/parts.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OUTCOME: Outcome = {
  part: 'crypto',
  killed: 17,
  survivors: [
    { place: 'src/a.ts:3:5', change: 'BooleanLiteral: true', untested: false },
    { place: 'src/b.ts:1:1', change: 'BlockStatement: {}', untested: true },
    { place: 'src/b.ts:2:1', change: 'StringLiteral: ""', untested: false },
  ],
};

describe('npm run mutants', () => {
  it('counts code that no test runs as unnoticed', () => {
    expect(scoreOf(OUTCOME)).toBe(85);
    expect(survivorLines(OUTCOME)).toContain('  src/b.ts:1:1  (no test runs this) BlockStatement: {}');
  });

  it('finds nothing well where nothing was changed', () => {
    expect(scoreOf({ part: 'none', killed: 0, survivors: [] })).toBe(0);
  });

  it('marks a part below what is wanted', () => {
    expect(scoreTable([OUTCOME], 90)).toBe('✗ crypto                85.0 %  17 of 20 noticed');
    expect(scoreTable([OUTCOME], 85)).toMatch(/^✓ crypto/);
  });

  it.each(PARTS)('has code and in-process tests for $name', ({ code, tests }) => {
    const found = (pattern: string) => globSync(pattern, { cwd: ROOT }).filter((file) => existsSync(join(ROOT, file)));
    for (const pattern of code) expect(found(pattern), pattern).not.toEqual([]);
    for (const pattern of tests)
      expect(
        found(pattern).filter((file) => !file.endsWith('.server.test.ts')),
        pattern,
      ).not.toEqual([]);
  });
});
