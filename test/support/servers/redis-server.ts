// A Redis of this run's own: nothing on disk, on a free loopback port.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startServerProcess } from './server-process.ts';

interface RedisOptions {
  /** Of its folder in `parent`, one for each server. */
  readonly name?: string;
  readonly port?: number;
  /** Lines of its configuration, such as `maxmemory 3mb`. */
  readonly lines?: readonly string[];
  /** Watches other servers instead of being one. */
  readonly sentinel?: boolean;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
  /** Such as SIGSTOP, to make it hang, and SIGKILL. */
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** `program` is the path of `redis-server`; it works in a new folder in `parent`. */
export async function startRedis(
  program: string,
  parent: string,
  { name = 'redis', port: wanted, lines = [], sentinel = false }: RedisOptions = {},
): Promise<RedisServer> {
  const folder = join(parent, name);
  await mkdir(folder);
  const port = wanted ?? (await freePort());
  const file = join(folder, 'redis.conf');
  const settings = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`];
  if (!sentinel) settings.push('save ""', 'appendonly no');
  await writeFile(file, [...settings, ...lines, ''].join('\n'));
  const { stop, signal } = await startServerProcess({
    name: sentinel ? 'Sentinel' : 'Redis',
    command: program,
    args: [file, ...(sentinel ? ['--sentinel'] : [])],
    ready: sentinel ? /\+monitor|Sentinel ID is/ : /Ready to accept connections/,
    readyWithinMs: 20_000,
  });
  return { url: `redis://127.0.0.1:${port}`, port, stop, signal };
}
