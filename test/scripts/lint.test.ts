// What lint must find, in a project of its own with this project's biome.json: rules that go quiet are not noticed otherwise.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIOME = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
const run = promisify(execFile);

/** @returns what is found, as `file:line rule`. */
async function lint(files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = temporaryFolder();
  await run('git', ['init', '--quiet'], { cwd: root });
  copyFileSync(join(ROOT, 'biome.json'), join(root, 'biome.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const args = [BIOME, 'lint', '--error-on-warnings', '--max-diagnostics=none', '--colors=off', '.'];
  const failed = await run(process.execPath, args, { cwd: root }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  return [...failed.matchAll(/^(\S+):(\d+):\d+ lint\/(\S+)/gm)].map(
    ([, file, line, rule]) => `${file}:${line} ${rule}`,
  );
}

it('finds circles of imports in every folder, at any depth, of types too', async () => {
  const circle = (from: string, to: string) => ({
    [`${from}/one.ts`]: `import { two } from '${to}/two.ts';\nexport const one = (): number => two();\n`,
    [`${from}/${to}/two.ts`]: `import { one } from '${to.replaceAll(/\w+/g, '..')}/one.ts';\nexport const two = (): number => one();\n`,
  });
  const found = await lint({
    ...circle('src/keys', './a'),
    ...circle('src/keys/deep', './er/and/deeper'),
    ...circle('src/cli/doctor', './a'),
    ...circle('test/support/servers', './a'),
    ...circle('ui/src/admin/overview', './a'),
    'src/users/one.ts': "import type { Two } from './two.ts';\nexport interface One {\n  two: Two;\n}\n",
    'src/users/two.ts': "import type { One } from './one.ts';\nexport interface Two {\n  one: One;\n}\n",
  });
  const files = [
    ...['src/keys/one', 'src/keys/a/two', 'src/keys/deep/one', 'src/keys/deep/er/and/deeper/two'],
    ...[
      'src/users/one',
      'src/users/two',
      'src/cli/doctor/one',
      'src/cli/doctor/a/two',
      'test/support/servers/one',
      'test/support/servers/a/two',
    ],
    ...['ui/src/admin/overview/one', 'ui/src/admin/overview/a/two'],
  ];
  expect(found.sort()).toEqual(files.map((file) => `${file}.ts:1 suspicious/noImportCycles`).sort());
});

it('finds promises that nobody waits for, at any depth, also those that other files give', async () => {
  const port = [
    'export interface Port {',
    '  close(): Promise<void>;',
    '}',
    'export async function save(): Promise<void> {}',
    'export const open = (): Port => ({ close: async () => {} });',
  ];
  const use = (up: string) => [
    `import { open, type Port, save } from '${up}/port.ts';`,
    'async function here(): Promise<void> {}',
    'export async function run(port: Port): Promise<void> {',
    '  here();',
    '  save();',
    '  open().close();',
    '  port.close();',
    '  Promise.all([save()]);',
    '  save().then(() => {});',
    '  (async () => {})();',
    '  void save();',
    '  save().catch(() => {});',
    '  await save();',
    '}',
  ];
  const places = { 'src/keys/use.ts': '..', 'src/keys/deep/er/use.ts': '../../..', 'test/keys/use.ts': '../../src' };
  const found = await lint({
    'src/port.ts': `${port.join('\n')}\n`,
    ...Object.fromEntries(Object.entries(places).map(([path, up]) => [path, `${use(up).join('\n')}\n`])),
  });
  const expected = Object.keys(places).flatMap((path) =>
    [4, 5, 6, 7, 8, 9, 10].map((line) => `${path}:${line} nursery/noFloatingPromises`),
  );
  expect(found.sort()).toEqual(expected.sort());
});
