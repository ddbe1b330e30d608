// Servers of tests become ready, say why when they do not, and leave nothing running. Node itself plays the server.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { freePort, startServerProcess } from './server-process.ts';

const serverOf = (code: string, readyWithinMs = 60_000) => ({
  name: 'The server',
  command: process.execPath,
  args: ['-e', code],
  ready: /ready/,
  readyWithinMs,
});

// Has a child that nobody asks to stop.
const PARENT = (pids: string) => `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  require('node:fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid);
  console.log('ready');
  setInterval(() => {}, 1000);`;
const STUBBORN = "process.on('SIGTERM', () => {});";

test('a server that ends while starting is reported with what it printed', async () => {
  const started = startServerProcess(serverOf("console.error('no such database'); process.exit(3)"));
  await expect(started).rejects.toThrow('The server stopped while starting (exit code 3)\nno such database');
});

test('a server that never says it is ready is given up', async () => {
  const started = startServerProcess(serverOf('setInterval(() => {}, 1000)', 2000));
  await expect(started).rejects.toThrow('The server was not ready within 2 s');
});

test.each([
  ['a server and its children', ''],
  ['a server that will not stop when asked, and its children', STUBBORN],
])('stopping ends %s', async (_, extra) => {
  const folder = await mkdtemp(join(tmpdir(), 'byok-server-process-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const code = extra + PARENT(join(folder, 'pids'));
  const { stop } = await startServerProcess({ ...serverOf(code), stopWithinMs: 500 });
  const pids = (await readFile(join(folder, 'pids'), 'utf8')).split(' ').map(Number);
  expect(pids.map(isRunning)).toEqual([true, true]);
  await stop();
  await vi.waitUntil(() => !pids.some(isRunning), { timeout: 20_000 });
  await stop();
});

test('a free port is one to listen on, and not one in use', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  expect(await freePort()).not.toBe(port);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
