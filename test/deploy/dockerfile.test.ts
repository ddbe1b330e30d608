import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type BuiltImage,
  buildContext,
  buildImage,
  nodeFirst,
  parseDockerfile,
} from '../support/programs/dockerfile.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly hasInstallScript?: boolean;
}
const LOCK: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

const { path: folder, remove } = ownedFolder();
let image: BuiltImage;

beforeAll(async () => {
  image = await buildImage(process.cwd(), folder);
}, 300_000);
afterAll(remove);

/** Runs a program of the image as a container would, apart from the folder that stands for its file system. */
const start = (command: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const [program = '', ...args] = command;
  return spawn(program, args, {
    cwd: join(image.root, image.workdir),
    env: { ...nodeFirst(join(image.root, 'usr/local/bin')), ...image.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};
const finish = async (command: readonly string[], env?: Readonly<Record<string, string>>) => {
  const child = start(command, env);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
};

test('only what the image is made of is sent to the build, and no settings', () => {
  const files = buildContext(process.cwd());
  expect(files).toContain('src/main.ts');
  expect(files.filter((file) => /^(test|docs|\.git|bench|node_modules)\b|\.env/.test(file))).toEqual([]);
});

test('the image runs without root, in exec form, and keeps its data in a folder of that user', () => {
  expect(image.user).toBe('node');
  expect(image.env).toEqual({ NODE_ENV: 'production', BYOK_DATA_DIR: '/data' });
  expect(image.owners).toEqual(['node:node /data']);
  expect(statSync(join(image.root, 'data')).mode & 0o777).toBe(0o700);
  expect(image.command).toEqual(['node', 'dist/main.js']);
  const instructions = parseDockerfile(readFileSync('Dockerfile', 'utf8')).at(-1)?.instructions ?? [];
  expect(instructions).toContainEqual({ keyword: 'STOPSIGNAL', text: 'SIGTERM' });
  expect(instructions).toContainEqual({ keyword: 'VOLUME', text: '["/data"]' });
});

test('it holds built JavaScript and production packages alone, not the Node of a checkout', () => {
  const app = join(image.root, image.workdir);
  expect(readdirSync(app).sort()).toEqual(['LICENSE', 'deploy', 'dist', 'node_modules', 'package.json']);
  const built = readdirSync(join(app, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(built.filter((file) => /\.(ts|map)$/.test(file))).toEqual([]);
  const present = (path: string) => existsSync(join(app, path));
  const locked = Object.entries(LOCK.packages).filter(([path]) => path !== '');
  const needed = locked.filter(([, { dev, optional, peer }]) => !dev && !optional && !peer);
  expect(needed.length).toBeGreaterThan(50);
  expect(needed.filter(([path]) => !present(path))).toEqual([]);
  expect(locked.filter(([path, { dev, optional }]) => (dev || optional) && present(path))).toEqual([]);
});

test('the command line is on the PATH', async () => {
  const help = await finish(['byok', '--help']);
  expect(help.stdout).toContain('generate-key');
  expect(help.status).toBe(0);
  const key = await finish(['byok', 'generate-key']);
  expect(key.stdout.trim()).toMatch(/^[A-Za-z0-9_-]{43}=$/);
});

test('without settings it refuses to start and names what is missing', async () => {
  const { status, stderr } = await finish(image.command);
  expect(status).toBe(1);
  for (const name of ['KEYCLOAK_URL', 'PUBLIC_URL', 'TRUSTED_PROXIES']) expect(stderr).toContain(name);
});

test('it starts, its own health check sees that, and SIGTERM ends it in order', async () => {
  const port = String(await freePort());
  const settings = { NODE_ENV: 'development', PORT: port, BASE_PATH: '/byok', BYOK_DATA_DIR: join(folder, 'data') };
  const health = () => finish(image.healthCommand, settings);
  expect((await health()).status).toBe(1);

  const service = start(image.command, settings);
  const output = Promise.all([text(service.stdout), text(service.stderr)]);
  try {
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 0 }), {
      timeout: 60_000,
      interval: 500,
    });
    expect((await finish([...image.healthCommand, '/readyz'], settings)).status).toBe(0);
    const missing = await finish([...image.healthCommand, '/nowhere'], settings);
    expect(missing).toMatchObject({ status: 1, stderr: '/nowhere: status 404\n' });
    service.kill('SIGTERM');
    await once(service, 'exit');
  } finally {
    service.kill('SIGKILL');
  }
  expect(service.exitCode, (await output).join('\n')).toBe(0);
}, 180_000);

test('the locked packages that run in production have no install scripts that npm ci would have skipped', () => {
  const scripted = Object.entries(LOCK.packages).filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev);
  expect(scripted).toEqual([]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
