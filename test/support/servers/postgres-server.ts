// A PostgreSQL of this run's own in a temporary folder, on a free loopback port. Its safety against power cuts is switched off unless told.
import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import { freePort, startServerProcess } from './server-process.ts';

const SUPERUSER = 'postgres';

export interface PostgresServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Such as SIGSTOP, to make it and all its sessions hang. */
  readonly signal: (signal: NodeJS.Signals) => void;
}

/**
 * `programs` is the folder of `initdb` and `postgres`; the data goes into a new folder in `parent`.
 * The URL is the superuser's, to the database `postgres`. `durable`: as in production, what is committed survives a power cut.
 */
export async function startPostgres(
  programs: string,
  parent: string,
  { durable = false }: { durable?: boolean } = {},
): Promise<PostgresServer> {
  const folder = join(parent, 'postgres');
  await mkdir(folder, { mode: 0o700 });
  const account = await serverAccount();
  const data = join(folder, 'data');
  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), password, { mode: 0o600 });
  if (account) for (const path of [folder, join(folder, 'password')]) await chown(path, account.uid, account.gid);
  const initdb = ['-D', data, '-U', SUPERUSER, '--pwfile', join(folder, 'password'), '--auth', 'scram-sha-256'];
  await runCommand(join(programs, 'initdb'), [...initdb, '-E', 'UTF8', '--locale', 'C', '--no-sync'], {
    cwd: folder,
    ...account,
  });
  return await serve(programs, folder, password, durable ? DURABLE : {});
}

/** A copy that follows the server at `url`, the superuser's, and takes no writes until it is promoted. */
export async function startStandby(programs: string, parent: string, url: string): Promise<PostgresServer> {
  const folder = join(parent, 'standby');
  await mkdir(folder, { mode: 0o700 });
  const account = await serverAccount();
  if (account) await chown(folder, account.uid, account.gid);
  const copy = ['-d', url, '-D', join(folder, 'data'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
  await runCommand(join(programs, 'pg_basebackup'), copy, { cwd: folder, ...account });
  return await serve(programs, folder, new URL(url).password, { hot_standby: 'on' });
}

/** Starts a server on the data in `folder`. */
async function serve(
  programs: string,
  folder: string,
  password: string,
  own: Record<string, string>,
): Promise<PostgresServer> {
  const account = await serverAccount();
  const port = await freePort();
  const start = () =>
    startServerProcess({
      name: 'PostgreSQL',
      command: join(programs, 'postgres'),
      args: ['-D', join(folder, 'data'), ...settings({ port: String(port), unix_socket_directories: '', ...own })],
      ready: /database system is ready to accept (read-only )?connections/,
      readyWithinMs: 30_000,
      // PostgreSQL waits for its clients on SIGTERM; on SIGINT it ends their sessions.
      stopSignal: 'SIGINT',
      cwd: folder,
      ...account,
    });
  let server = await start();
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
    signal: (name) => server.signal(name),
    stop: () => server.stop(),
    // Once stopped, on the same data and port.
    restart: async () => {
      server = await start();
    },
  };
}

const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

function settings(own: Record<string, string>): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    // In the data folder, so that a killed server leaves nothing behind.
    dynamic_shared_memory_type: 'mmap',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    ...own,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

// PostgreSQL refuses to run as root, so root hands it to the account that its package made.
async function serverAccount(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number(await runCommand('id', [flag, 'postgres']));
  return { uid: await id('-u'), gid: await id('-g') };
}
