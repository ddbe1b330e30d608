import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEPLOYMENT_VARIABLES } from '../../scripts/deployment-variables.ts';
import { envFile } from '../../scripts/env-file.ts';
import { VARIABLES } from '../../src/config/variables.ts';

const TEXT = readFileSync('.env.byok', 'utf8');
const LINES = TEXT.split('\n').flatMap((line) => {
  const match = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
  return match === null ? [] : [{ active: match[1] === undefined, name: String(match[2]), value: String(match[3]) }];
});

test('.env.byok is what scripts/env-file.ts makes of the tables of variables', () => {
  expect(TEXT, 'run: npm run docs').toBe(envFile());
  expect(execFileSync(process.execPath, ['scripts/env-file.ts'], { encoding: 'utf8' })).toBe(TEXT);
});

test('every variable stands in it exactly once', () => {
  expect(LINES.map(({ name }) => name).sort()).toEqual(
    [...Object.keys({ ...VARIABLES, ...DEPLOYMENT_VARIABLES })].sort(),
  );
});

test('no secret has a value, everything else shows its default', () => {
  for (const [name, variable] of Object.entries({ ...VARIABLES, ...DEPLOYMENT_VARIABLES })) {
    const expected = 'secret' in variable || !('fallback' in variable) ? '' : variable.fallback;
    expect([name, LINES.find((line) => line.name === name)?.value]).toEqual([name, expected]);
  }
});

test('the lines to fill in are those that a deployment cannot do without', () => {
  const needed = Object.entries(DEPLOYMENT_VARIABLES).flatMap(([name, variable]) =>
    'required' in variable ? [name] : [],
  );
  expect(LINES.flatMap(({ active, name }) => (active ? [name] : [])).sort()).toEqual(
    [...needed, 'ENCRYPTION_KEY', 'KEYCLOAK_CLIENT_SECRET'].sort(),
  );
});

test('each comes with its explanation, and no line is too long to read', () => {
  const flat = TEXT.replaceAll(/\n# (?![A-Z][A-Z0-9_]*=)/g, ' ');
  for (const [name, { doc }] of Object.entries({ ...VARIABLES, ...DEPLOYMENT_VARIABLES }))
    expect(flat, name).toContain(doc);
  for (const line of TEXT.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
});
