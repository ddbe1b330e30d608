import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GENERATED_FILES, regenerate } from '../../scripts/generated-docs.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { ERRORS } from '../../src/shared/errors.ts';

describe('documentation that comes from the code', () => {
  it.each(GENERATED_FILES)('%s is up to date (npm run docs)', (file) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('<!-- generated: ');
    expect(regenerate(text)).toBe(text);
  });

  it('lists every error in docs/errors.md and every variable in README.md', () => {
    const errors = readFileSync('docs/errors.md', 'utf8');
    for (const code of Object.keys(ERRORS)) expect(errors).toContain(`| \`${code}\` |`);
    const readme = readFileSync('README.md', 'utf8');
    for (const name of Object.keys(VARIABLES)) expect(readme).toContain(`| \`${name}\` |`);
  });

  it('documents no error that the catalogue does not have', () => {
    const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
      (match) => match[1],
    );
    expect(documented.sort()).toEqual(Object.keys(ERRORS).sort());
  });
});
