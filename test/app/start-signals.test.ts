// Signals to a service that is starting, or has just started, as people start it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { freePort } from '../support/servers/server-process.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

async function start(path: string) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, PORT: String(await freePort()), BYOK_DATA_DIR: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  // Bit 0 is SIGHUP, which Node itself does not catch: the first thing that the program does.
  const catches = (): boolean =>
    (Number.parseInt(/SigCgt:.*(.)$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? '0', 16) & 1) ===
    1;
  await expect.poll(catches, { timeout: 60_000, interval: 5 }).toBe(true);
  return { child, exited, output: () => output };
}
const ownedFolder = async (): Promise<string> => {
  const folder = await ownedDataFolder();
  onTestFinished(folder.remove);
  return folder.path;
};
const AFTER_MS = [0, 800, 2_000] as const;

it.each(AFTER_MS)('SIGHUP after %i ms does not end it, and is not forgotten', async (ms) => {
  const service = await start(await ownedFolder());
  await wait(ms);
  service.child.kill('SIGHUP');
  await expect.poll(service.output, { timeout: 60_000 }).toContain('"msg":"reloaded');
  expect(service.output()).toContain('is running');
  expect(service.child.exitCode).toBeNull();
});

// npm hands Ctrl+C on to the service, to which the terminal has sent it already.
it.each([0, 1, 2, 5, 20, 100])('Ctrl+C that comes twice, %i ms apart, stops it as once does', async (ms) => {
  const service = await start(await ownedFolder());
  await expect.poll(service.output, { timeout: 60_000 }).toContain('is running');
  service.child.kill('SIGINT');
  await wait(ms);
  service.child.kill('SIGINT');
  expect(await service.exited).toEqual([0, null]);
  expect(service.output()).toContain('"msg":"stopped"');
  expect(service.output()).not.toContain('second SIGINT');
});

it.each(AFTER_MS)('SIGTERM after %i ms ends it with status 0, and the next start is as good as any', async (ms) => {
  const path = await ownedFolder();
  const stopped = await start(path);
  await wait(ms);
  stopped.child.kill('SIGTERM');
  expect(await stopped.exited).toEqual([0, null]);
  expect(stopped.output()).not.toMatch(/cannot start|unexpected error| {4}at /);
  const next = await start(path);
  await expect.poll(next.output, { timeout: 60_000 }).toContain('is running');
});
