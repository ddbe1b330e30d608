// `npm run sizes` in a repository of its own: what is planted in it is found, at any depth.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findTooLarge } from '../../scripts/sizes/find-too-large.ts';
import { listedFiles } from '../../scripts/sizes/listed-files.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'scripts', 'check-sizes.ts');

const statements = (count: number, indent = '  '): string => `${indent}count += 1;\n`.repeat(count);
/** As long as it may be, with `more` lines. */
const longFunction = (name: string, more = 0): string => `function ${name}() {\n${statements(58 + more)}}\n`;
const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
/** `inner` lines in the function that it makes, `own` lines outside of it. */
const factory = (inner: number, own: number): string =>
  `export const createThing = () => {\n${indented(`function inner() {\n${statements(inner - 2)}}\n`)}${statements(own - 2)}};\n`;
const pythonFunction = (statements: number): string =>
  `class Thing:\n    async def long(\n        self,\n    ) -> None:\n        """Says\n"less" (\n        """\n${'        count()\n\n'.repeat(statements)}`;
const filesOf = (folder: string, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${folder}/${i}.md`, '']));

test.each<{ what: string; files: Record<string, string>; problem: string }>([
  {
    what: 'a folder of 26 files',
    files: filesOf('src/a/b/c', 26),
    problem: 'src/a/b/c: 26 files in one folder, 25 at most. Put those of one subject in a folder.',
  },
  {
    what: 'a file of 251 lines',
    files: { 'ui/deep/down/page.css': 'a {}\n'.repeat(251) },
    problem: 'ui/deep/down/page.css: 251 lines, 250 at most. Split the file by subject.',
  },
  {
    what: 'a script without an ending',
    files: { '.ci/run': `#!/bin/sh\n${'true\n'.repeat(249)}exit` },
    problem: '.ci/run: 251 lines, 250 at most. Split the file by subject.',
  },
  {
    what: 'a function of 61 lines',
    files: { 'src/a/long.ts': `// “€” 𝄞\n${longFunction('long', 1)}` },
    problem: 'src/a/long.ts:2: long: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a function of 61 lines in TSX',
    files: { 'ui/a.tsx': `export const Page = () => {\n${statements(58)}  return <b>{1 as number}</b>;\n};\n` },
    problem: 'ui/a.tsx:1: Page: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a long function in a short factory',
    files: { 'a/b/factory.ts': factory(61, 10) },
    problem: 'a/b/factory.ts:2: inner: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a factory whose own lines are too many, with a short function inside',
    files: { 'a/b/factory.ts': factory(10, 61) },
    problem: 'a/b/factory.ts:1: createThing: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a long method',
    files: { 'a.mjs': `export const a = {\n${indented(longFunction('b', 1)).replace('function ', '')}};\n` },
    problem: 'a.mjs:2: b: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a long test',
    files: { 'test/a.test.ts': `it('works', async () => {\n${statements(59)}});\n` },
    problem: 'test/a.test.ts:1: what is given to it: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a Python function of 61 lines',
    // The last statement's blank line is not the function's.
    files: { 'clients/a.py': `${pythonFunction(28)}\n# no part of it\ndef other(): pass\n` },
    problem: 'clients/a.py:2: long: 61 lines of its own, 60 at most. Move steps of it into functions.',
  },
  {
    what: 'a file that cannot be parsed',
    files: { 'a.ts': 'const = 1;\n' },
    problem: 'a.ts: cannot be parsed: ',
  },
])('$what is found', ({ files, problem }) => {
  const folder = repository(files);
  expect(findTooLarge(folder, listedFiles(folder))).toEqual([expect.stringContaining(problem)]);
});

test('everything that is too large is said at once, and fails the command', async () => {
  const { status, output } = await checkSizes(
    repository({ 'a.ts': longFunction('long', 1), 'b/c.sh': 'true\n'.repeat(251) }),
  );
  expect(output).toMatch(/^a\.ts:1: long: 61 lines .*\nb\/c\.sh: 251 lines.*\n2 too large\./);
  expect(status).toBe(1);
});

test('what is just within the limits is not found, nor what is ignored, generated, deleted or an exception', async () => {
  const folder = repository({
    ...filesOf('src/a', 25),
    ...filesOf('docs/adr', 60),
    ...filesOf('ignored', 60),
    '.gitignore': 'ignored/\n',
    'src/long.ts': 'a();\n'.repeat(250),
    'src/limit.ts': longFunction('limit'),
    'src/factory.ts': factory(60, 60),
    'src/nested.ts': `export const outer = () => {\n${indented(factory(60, 60).replace('export ', ''))}};\n`,
    'clients/limit.py': pythonFunction(27),
    'docs/guide.md': 'a\n'.repeat(900),
    'ui/src/api/schema.ts': 'export interface A {}\n'.repeat(900),
    LICENSE: 'a\n'.repeat(900),
    'deleted.ts': 'a();\n'.repeat(900),
  });
  execFileSync('git', ['add', '--all'], { cwd: folder });
  rmSync(join(folder, 'deleted.ts'));
  const { status, output } = await checkSizes(folder);
  expect(output).toBe('Nothing is too large, in 94 files.\n');
  expect(status).toBe(0);
});

test('--help names the limits and every exception with its reason', async () => {
  const { status, output } = await checkSizes(temporaryFolder(), ['--help']);
  expect(output).toMatch(/25 files.*250 lines.*60 lines/s);
  expect(output).toContain('docs/adr  (decisions are added');
  expect(status).toBe(0);
});

/** A repository in which nothing is committed. */
function repository(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function checkSizes(folder: string, args: readonly string[] = []): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [COMMAND, ...args], { cwd: folder }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? 1, output: stderr + stdout }),
    );
  });
}
