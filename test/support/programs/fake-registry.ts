// A registry of npm packages that are one file each, and a checkout that takes its packages from there.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram } from './run-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

export interface FakeRegistry {
  readonly url: string;
  close(): Promise<void>;
}

/** Has every package in every version that is asked for. For use inside a test. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const folder = temporaryFolder();
  const server = createServer((request, response) => {
    const [, name = '', file] = (request.url ?? '').split('/');
    if (file === undefined) void packument(folder, url(), name).then((body) => response.end(JSON.stringify(body)));
    else response.end(readFileSync(join(folder, `${name}-${file}.tgz`)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { url: url(), close };
}

const VERSIONS = ['1.0.0', '2.0.0'];

async function packument(folder: string, url: string, name: string): Promise<object> {
  const versions = await Promise.all(
    VERSIONS.map(async (version) => {
      const manifest = { name, version, ...(name.startsWith('windows') ? { os: ['win32'] } : {}) };
      const source = join(folder, `${name}-${version}`);
      mkdirSync(join(source, 'package'), { recursive: true });
      writeFileSync(join(source, 'package', 'package.json'), JSON.stringify(manifest));
      const tarball = join(folder, `${name}-${version}.tgz`);
      const options = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0'];
      await runProgram('tar', [...options, '-czf', tarball, '-C', source, 'package'], { folder });
      const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
      return [version, { ...manifest, dist: { tarball: `${url}/${name}/${version}`, integrity } }] as const;
    }),
  );
  return { name, versions: Object.fromEntries(versions), 'dist-tags': { latest: VERSIONS.at(-1) } };
}

export type InstallStage = Awaited<ReturnType<typeof createInstallStage>>;

/** A checkout with our installation script and a lockfile of its own; nothing is installed. For use inside a test. */
export async function createInstallStage(registry: FakeRegistry) {
  const root = temporaryFolder();
  for (const name of ['install.mjs', 'install'])
    cpSync(join(ROOT, 'scripts', name), join(root, 'scripts', name), { recursive: true });
  writeFileSync(
    join(root, '.npmrc'),
    `registry=${registry.url}\ncache=${join(root, '.cache')}\nomit-lockfile-registry-resolved=true\naudit=false\nfund=false\n`,
  );
  const npm = (...args: string[]) => runProgram('npm', args, { folder: root });
  const stage = {
    root,
    npm,
    install: (...args: string[]) => runProgram(process.execPath, ['scripts/install.mjs', ...args], { folder: root }),
    /** Writes package.json and its lockfile. */
    async lock(
      dependencies: Readonly<Record<string, string>>,
      optionalDependencies: Readonly<Record<string, string>> = {},
    ) {
      writeFileSync(
        join(root, 'package.json'),
        JSON.stringify({ name: 'stage', version: '1.0.0', dependencies, optionalDependencies }),
      );
      const { status, errors } = await npm('install', '--package-lock-only');
      if (status !== 0) throw new Error(`the lockfile could not be written: ${errors}`);
    },
    versionOf: (name: string): string =>
      JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version,
    forgetCache: () =>
      writeFileSync(join(root, '.npmrc'), readFileSync(join(root, '.npmrc'), 'utf8').replace('.cache', '.cold')),
  };
  await stage.lock({ one: '1.0.0' }, { 'windows-only': '1.0.0' });
  return stage;
}
