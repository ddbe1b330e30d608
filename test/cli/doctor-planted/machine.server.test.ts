// This machine: ports and addresses that cannot be had, and folders that cannot be written to.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { dataFolderProblem } from '../../../src/database/data-folder-problem.ts';
import { temporaryDatabase } from '../../support/database/temporary-database.ts';
import { runProgram } from '../../support/programs/run-program.ts';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { freePort } from '../../support/servers/server-process.ts';
import type { Env } from './planted.ts';

const SRC = new URL('../../../src/', import.meta.url).pathname;
let database: Awaited<ReturnType<typeof temporaryDatabase>>;
beforeAll(async () => {
  database = await temporaryDatabase(inject('postgresUrl'));
});
afterAll(() => database?.drop());

/** Only ends what hangs. */
const LIMIT_MS = 60_000;
const KEY = randomBytes(32).toString('base64url').concat('=');
const node = (script: string, env: Env, shell?: readonly string[]) => {
  const command = [process.execPath, join(SRC, script), ...(script === 'cli.ts' ? ['doctor'] : [])];
  const [program = '', ...args] = shell === undefined ? command : [...shell, ...command];
  return runProgram(program, args, {
    folder: temporaryFolder(),
    env: { LOG_LEVEL: 'fatal', ...env },
    limitMs: LIMIT_MS,
  });
};

describe('a start', () => {
  const said = async (env: Env): Promise<string> => {
    const { status, errors } = await node('main.ts', { DATABASE_URL: database.url, ENCRYPTION_KEY: KEY, ...env });
    expect(status).toBe(1);
    return errors;
  };
  const taken = async (): Promise<string> => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    return String(typeof address === 'object' ? address?.port : address);
  };

  it('on a port that is taken says which, and which variable to change', async () => {
    const port = await taken();
    expect(await said({ PORT: port })).toBe(
      `Port ${port} is in use: stop what uses it, or set PORT (or INTERNAL_PORT) to another.\n`,
    );
  });

  it('on a port for services that is taken says the same', async () => {
    const [port, internal] = [await freePort(), await taken()];
    expect(await said({ PORT: String(port), INTERNAL_PORT: internal })).toMatch(
      new RegExp(`^Port ${internal} is in use: .*INTERNAL_PORT`),
    );
  });

  it('on an address that this machine does not have names HOST', async () => {
    const port = String(await freePort());
    const keycloak = { KEYCLOAK_URL: `http://127.0.0.1:${await freePort()}`, KEYCLOAK_CLIENT_SECRET: 'secret' };
    expect(await said({ ...keycloak, PORT: port, HOST: '192.0.2.1' })).toBe(
      '192.0.2.1 is not an address of this machine: set HOST (or INTERNAL_HOST) to one that it has, such as 0.0.0.0 for all.\n',
    );
  });
});

/** In a place of its own, where the disk is mounted so; it goes with the process. Undefined where that is not allowed. */
function onDisk(options: string): { readonly folder: string; readonly shell: readonly string[] } | undefined {
  if (spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status !== 0) return undefined;
  const folder = temporaryFolder();
  const mount = `mount -t tmpfs -o ${options},mode=700 tmpfs "$0" && exec "$@"`;
  return { folder, shell: ['unshare', '-rm', 'sh', '-c', mount, folder] };
}

describe('a data folder', () => {
  it.each([
    ['that is read-only', 'ro', '', /cannot be used: EROFS.*Check BYOK_DATA_DIR.*not mounted read-only/],
    ['in a folder that is read-only', 'ro', 'data', /cannot be made in .*: EROFS.*Check BYOK_DATA_DIR/],
    ['on a full disk', 'size=2m', '', /disk of .* is full: it has [12] MB left.*Make room there, or set BYOK_DATA_DIR/],
  ])('%s is found by doctor and at the start', async (_, options, path, says) => {
    const disk = onDisk(options);
    if (disk === undefined) {
      // Where nothing can be mounted: nobody can make a folder in /proc either, and a disk may be said to be full.
      const problem =
        options === 'ro' ? dataFolderProblem('/proc/byok') : dataFolderProblem(temporaryFolder(), () => 2);
      expect(problem ?? (options === 'ro' && process.getuid?.() === 0 ? 'BYOK_DATA_DIR' : '')).toContain(
        'BYOK_DATA_DIR',
      );
      return;
    }
    const env = { BYOK_DATA_DIR: join(disk.folder, path) };
    const doctor = await node('cli.ts', env, disk.shell);
    const start = await node('main.ts', env, disk.shell);
    expect(doctor.output).toMatch(new RegExp(`✗ Configuration: BYOK_DATA_DIR: .*${says.source}`));
    expect(doctor.status).toBe(1);
    expect(start.errors).toMatch(says);
    expect(start.status).toBe(1);
  });

  it('whose disk is full while the service runs is told as such by adds, readiness, doctor and the next start', async () => {
    const disk = onDisk('size=120m');
    // Where nothing can be mounted, only the sentence can be tried.
    if (disk === undefined) {
      expect(dataFolderProblem(temporaryFolder(), () => 0)).toContain('Make room there');
      return;
    }
    const script = new URL('full-disk.sh', import.meta.url).pathname;
    const { output } = await runProgram(disk.shell[0] ?? '', [...disk.shell.slice(1), 'sh', script, SRC], {
      folder: temporaryFolder(),
      env: { LOG_LEVEL: 'fatal', BYOK_DATA_DIR: disk.folder, PORT: String(await freePort()) },
      limitMs: LIMIT_MS * 2,
    });
    const part = (name: string): string => output.split(`== ${name}\n`)[1]?.split('\n==')[0] ?? '';
    expect(JSON.parse(part('add'))).toMatchObject({
      status: 503,
      code: expect.stringMatching(/^(?:database|audit)_unavailable$/),
      detail: expect.stringContaining('The disk of the database is full'),
    });
    expect(JSON.parse(part('readyz'))).toMatchObject({ status: 'not_ready', reasons: { database: 'full' } });
    expect(part('doctor')).toMatch(/✗ Database: The disk of .* is full: .*Make room there/);
    expect(part('start')).toMatch(/disk .*is full.*Make room there/);
    expect(output).not.toContain('Keycloak unavailable');
    expect(part('with room')).toContain('"status":"ready"');
  });

  it('with enough room, that can be written to, is fine', async () => {
    expect(dataFolderProblem(temporaryFolder())).toBeUndefined();
    expect(dataFolderProblem(join(temporaryFolder(), 'a', 'b'))).toBeUndefined();
  });

  it('with data needs less room than a new one', () => {
    const folder = temporaryFolder();
    expect(dataFolderProblem(folder, () => 50)).toContain('100 MB are needed');
    mkdirSync(join(folder, 'pgdata'));
    expect(dataFolderProblem(folder, () => 50)).toBeUndefined();
    expect(dataFolderProblem(folder, () => 0.5)).toContain('1 MB are needed');
  });
});
