// A Redis of this run's own: nothing on disk, on a free loopback port.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServerProcess } from './server-process.ts';

/** `program` is the path of `redis-server`. */
export async function startRedis(
  program: string,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'byok-redis-'));
  const port = await freePort();
  const server = await startServerProcess({
    name: 'Redis',
    command: program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    ready: /Ready to accept connections/,
    readyWithinMs: 20_000,
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}
