// A Redis of this run's own: nothing on disk, on a free loopback port.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startServerProcess } from './server-process.ts';

/** `program` is the path of `redis-server`; it works in a new folder in `parent`. */
export async function startRedis(
  program: string,
  parent: string,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const folder = join(parent, 'redis');
  await mkdir(folder);
  const port = await freePort();
  const { stop } = await startServerProcess({
    name: 'Redis',
    command: program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    ready: /Ready to accept connections/,
    readyWithinMs: 20_000,
  });
  return { url: `redis://127.0.0.1:${port}`, stop };
}
