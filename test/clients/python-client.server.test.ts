// The Python package by itself: its own tests on what pip installs, its types, and syntax that Python 3.9 understands.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runPython } from '../support/programs/python.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { runCommand } from '../support/servers/run-command.ts';
import { installPythonClient, runPytest } from './client-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
// Only ends what hangs.
const LIMIT_MS = 180_000;
let folder: ReturnType<typeof ownedFolder>;
let installed: string;
beforeAll(async () => {
  folder = ownedFolder();
  installed = await installPythonClient(folder.path);
});
afterAll(() => folder?.remove());

describe('the Python client', () => {
  it('passes its own tests as an installed package', { timeout: LIMIT_MS }, async () => {
    const { passed } = await runPytest(installed, 'unit');
    expect(passed).toBeGreaterThan(40);
  });

  it('passes mypy --strict, its tests too', { timeout: LIMIT_MS }, async () => {
    const python = join(ROOT, 'clients', 'python');
    const cache = join(folder.path, 'mypy');
    const printed = await runCommand(
      inject('python'),
      ['-m', 'mypy', '--strict', '--cache-dir', cache, 'src', 'tests/unit', 'tests/service'],
      { cwd: python, env: { ...process.env, MYPYPATH: 'src:tests/unit' } },
    );
    expect(printed).toMatch(/^Success: no issues found in \d+ source files/);
  });

  it('is written in the syntax of Python 3.9, and says that it has types', async () => {
    const files = await runPython<string[]>(
      `
import ast, pathlib
result = []
for path in sorted(pathlib.Path(data).rglob("*.py")):
    ast.parse(path.read_text(), feature_version=(3, 9))
    result.append(path.name)
`,
      join(installed, 'ops_center_byok_client'),
    );
    expect(files).toEqual(expect.arrayContaining(['__init__.py', '_client.py']));
    expect(await readFile(join(installed, 'ops_center_byok_client', 'py.typed'), 'utf8')).toBe('');
    const project = await readFile(join(ROOT, 'clients', 'python', 'pyproject.toml'), 'utf8');
    expect(project).toContain('requires-python = ">=3.9"');
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(project).toContain(`version = "${version}"`);
  });
});
