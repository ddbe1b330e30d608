// A pgbouncer in front of a PostgreSQL, on a free loopback port.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startServerProcess } from './server-process.ts';

export type PoolMode = 'session' | 'transaction' | 'statement';

interface PgbouncerOptions {
  readonly program: string;
  /** It works in a new folder in here. */
  readonly parent: string;
  /** With a role and its password. */
  readonly target: string;
  readonly mode: PoolMode;
  /** Sessions at most for each database and role. */
  readonly poolSize?: number;
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
}

/** The URL is that of the same database and role, through pgbouncer. */
export async function startPgbouncer(
  options: PgbouncerOptions,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const { program, parent, target, mode, poolSize = 20, lines = [] } = options;
  const port = await freePort();
  const { hostname, port: targetPort, username, password } = new URL(target);
  const folder = join(parent, `pgbouncer-${port}`);
  await mkdir(folder);
  const users = join(folder, 'users.txt');
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${username}" "${password}"\n`);
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=${hostname} port=${targetPort}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${users}`,
      `pool_mode = ${mode}`,
      `default_pool_size = ${poolSize}`,
      ...lines,
      '',
    ].join('\n'),
  );
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  for (const path of [folder, users, file]) await chmod(path, path === folder ? 0o755 : 0o644);
  const { stop } = await startServerProcess({
    name: 'pgbouncer',
    command: program,
    args: [...(isRoot ? ['-u', 'postgres'] : []), file],
    ready: /process up/,
    readyWithinMs: 20_000,
    stopSignal: 'SIGINT',
  });
  const url = new URL(target);
  url.port = String(port);
  return { url: url.href, stop };
}
