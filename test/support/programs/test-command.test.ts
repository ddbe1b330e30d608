// `npm test` ends with one line that people and CI count on, whatever happens to the tests.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'scripts', 'test.ts');
const FILE_COST = join(import.meta.dirname, '..', 'file-cost.ts');

test.each([
  ['all pass', "test('a', () => {}); test('b', () => {});", '2 passed, 0 failed', 0],
  ['one fails', "test('a', () => {}); test('b', () => { throw new Error('no'); });", '1 passed, 1 failed', 1],
  ['one is skipped', "test('a', () => {}); test.skip('b', () => {});", '1 passed, 1 failed', 1],
  ['the file cannot be loaded', "throw new Error('no');", '0 passed, 1 failed', 1],
  ['their set-up fails', "beforeAll(() => { throw new Error('no'); }); test('a', () => {});", '0 passed, 1 failed', 1],
  ['an error is left over', "test('a', () => void Promise.reject(new Error('no')));", '1 passed, 1 failed', 1],
  ['the runner is killed', "test('a', () => process.kill(process.ppid, 'SIGKILL'));", '0 passed, 1 failed', 1],
])('the last line tells the count when %s', async (_, code, lastLine, exitCode) => {
  expect(await runTests({ 'some.test.mjs': code })).toMatchObject({ lastLine, exitCode });
});

test('the last line counts a file that cannot be loaded beside the tests that fail', async () => {
  const files = {
    'a.test.mjs': "test('a', () => { throw new Error('no'); });",
    'b.test.mjs': "throw new Error('no');",
  };
  expect(await runTests(files)).toMatchObject({ lastLine: '0 passed, 2 failed', exitCode: 1 });
});

test('the last line counts a tear-down that fails beside the tests that fail', async () => {
  const files = {
    'a.test.mjs': "test('a', () => { throw new Error('no'); });",
    'b.test.mjs': "afterAll(() => { throw new Error('no'); }); test('b', () => {});",
  };
  expect(await runTests(files)).toMatchObject({ lastLine: '1 passed, 2 failed', exitCode: 1 });
});

test('the last line tells a failure when there is no test', async () => {
  expect(await runTests({})).toMatchObject({ lastLine: '0 passed, 1 failed', exitCode: 1 });
});

test('a title given with -t leaves the other tests out of the count', async () => {
  const code = "test('first', () => {}); test('second', () => {});";
  expect(await runTests({ 'some.test.mjs': code }, ['-t', 'first'])).toMatchObject({
    lastLine: '1 passed, 0 failed',
    exitCode: 0,
  });
});

test('--slowest says what each folder and each file cost, before the count', async () => {
  // Busy until the processor has given it that much, however long others keep it waiting.
  const busy = `
    const spent = () => { const { user, system } = process.cpuUsage(); return user + system; };
    test('a', () => { for (const before = spent(); spent() - before < 300_000; ); });`;
  const files = {
    'test/idle/a.test.mjs': "test('a', () => {});",
    'test/busy/a.test.mjs': busy,
    'test/busy/deeper/b.test.mjs':
      "beforeAll(() => new Promise((done) => setTimeout(done, 200))); test('a', () => {});",
  };
  const { lastLine, output } = await runTests(files, ['--slowest']);
  const [folders = '', slowest = ''] = output.split('folder ')[1]?.split('slowest files') ?? [];
  const number = String.raw`\s+(\d+\.\d)`;
  const busyFolder = new RegExp(`test/busy${number}${number}\\s+2\\s+2$`, 'm').exec(folders);
  expect(Number(busyFolder?.[1])).toBeGreaterThanOrEqual(0.3);
  expect(Number(busyFolder?.[2])).toBeGreaterThanOrEqual(0.5);
  expect(folders.indexOf('test/busy')).toBeLessThan(folders.indexOf('test/idle'));
  expect(slowest).toMatch(/test\/busy\/a\.test\.mjs(.|\n)*test\/busy\/deeper\/b\.test\.mjs(.|\n)*3 tests took \d/);
  expect(lastLine).toBe('3 passed, 0 failed');
});

test('--help explains the figures of --slowest', async () => {
  expect((await runTests({}, ['--help'])).output).toMatch(/--slowest .*\n(.|\n)*processor time/);
});

async function runTests(files: Record<string, string>, args: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'byok-test-command-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const test = { globals: true, testTimeout: 60_000, setupFiles: [FILE_COST] };
  const all = { 'vitest.config.mjs': `export default ${JSON.stringify({ test })};`, ...files };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const { promise, resolve } = Promise.withResolvers<{ lastLine?: string; output: string; exitCode: number | null }>();
  let output = '';
  const child = spawn(process.execPath, [COMMAND, '--root', folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  child.on('close', (exitCode) => resolve({ lastLine: output.trimEnd().split('\n').at(-1) ?? '', output, exitCode }));
  return promise;
}
