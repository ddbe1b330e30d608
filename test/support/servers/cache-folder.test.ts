// The cache of the test servers: built once, never half built, and no lock outlives its holder.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { cachedFolder, withCacheLock } from './cache-folder.ts';

let cache: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'byok-cache-test-'));
  vi.stubEnv('BYOK_TEST_CACHE', cache);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

test('a folder is built once, however many ask for it at the same time', async () => {
  let builds = 0;
  const build = async (folder: string) => {
    builds++;
    await writeFile(join(folder, 'part'), 'whole');
  };
  const folders = await Promise.all([1, 2, 3].map(() => cachedFolder('thing', build)));
  expect(builds).toBe(1);
  expect(new Set(folders)).toEqual(new Set([join(cache, 'thing')]));
});

test('what an interrupted build left is thrown away', async () => {
  const interrupted = cachedFolder('thing', async (folder) => {
    await writeFile(join(folder, 'half'), '');
    throw new Error('interrupted');
  });
  await expect(interrupted).rejects.toThrow('interrupted');
  expect(existsSync(join(cache, 'thing', 'half'))).toBe(true);
  const folder = await cachedFolder('thing', (folder) => writeFile(join(folder, 'whole'), ''));
  expect((await readdir(folder)).sort()).toEqual(['.complete', 'whole']);
});

test('whoever comes second waits for the lock, and gets it when its holder is killed', async () => {
  const reported = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => reported.mockRestore());
  const holder = lockInAnotherProcess();
  await once(holder.stdout, 'data');
  let entered = false;
  const mine = withCacheLock('shared', async () => {
    entered = true;
  });
  await vi.waitUntil(() => reported.mock.calls.some(([line]) => String(line).includes('Waiting for another run')), {
    timeout: 20_000,
  });
  expect(entered).toBe(false);
  holder.kill('SIGKILL');
  await mine;
  expect(entered).toBe(true);
});

function lockInAnotherProcess() {
  const module = join(import.meta.dirname, 'cache-folder.ts');
  const code = `import { withCacheLock } from ${JSON.stringify(module)};
    await withCacheLock('shared', async () => { console.log('locked'); await new Promise((r) => setTimeout(r, 60_000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}
