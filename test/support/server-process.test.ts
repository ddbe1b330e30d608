// Servers of tests become ready, say why when they do not, and leave nothing running. Node itself plays the server.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { freePort, startServerProcess } from './servers/server-process.ts';

const serverOf = (code: string, readyWithinMs = 60_000) => ({
  name: 'The server',
  command: process.execPath,
  args: ['-e', code],
  ready: /ready/,
  readyWithinMs,
});

// Ignores the request to stop, and has a child that nobody asks.
const STUBBORN = (pids: string) => `
  process.on('SIGTERM', () => {});
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  require('node:fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid);
  console.log('ready');
  setInterval(() => {}, 1000);`;

test('a server that ends while starting is reported with what it printed', async () => {
  const started = startServerProcess(serverOf("console.error('no such database'); process.exit(3)"));
  await expect(started).rejects.toThrow('The server stopped while starting (exit code 3)\nno such database');
});

test('a server that never says it is ready is given up', async () => {
  const started = startServerProcess(serverOf("console.log('thinking'); setInterval(() => {}, 1000)", 2000));
  await expect(started).rejects.toThrow('The server was not ready within 2 s\nthinking');
});

test('stopping kills a server that does not listen, and its children', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'byok-server-process-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { stop } = await startServerProcess({ ...serverOf(STUBBORN(join(folder, 'pids'))), stopWithinMs: 200 });
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
