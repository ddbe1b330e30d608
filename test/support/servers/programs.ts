// The programs that the test servers are made of. Those that the machine lacks are installed from Debian's packages, by root;
// anybody else is told the command.
import { constants, existsSync } from 'node:fs';
import { access, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withCacheLock } from './cache-folder.ts';
import { report } from './report.ts';
import { runCommand } from './run-command.ts';

/** Absolute paths; `postgres` is the folder of `initdb` and `postgres`. */
export type Programs = Record<
  'java' | 'redis' | 'postgres' | 'pgbouncer' | 'python3' | 'chromium' | 'curl' | 'promtool' | 'slapd',
  string
>;

type Program = {
  readonly name: keyof Programs;
  /** The Debian package that has it. */
  readonly debian: string;
  readonly find: () => Promise<string | undefined>;
};

const PROGRAMS: readonly Program[] = [
  { name: 'java', debian: 'default-jre-headless', find: findJava },
  { name: 'redis', debian: 'redis-server', find: () => firstWorking('redis-server', ['--version']) },
  { name: 'postgres', debian: 'postgresql', find: findPostgres },
  { name: 'pgbouncer', debian: 'pgbouncer', find: () => firstWorking('pgbouncer', ['--version']) },
  { name: 'python3', debian: 'python3-venv', find: findPython },
  { name: 'chromium', debian: 'chromium-headless-shell', find: findChromium },
  { name: 'curl', debian: 'curl', find: () => firstWorking('curl', ['--version']) },
  { name: 'promtool', debian: 'prometheus', find: () => firstWorking('promtool', ['--version']) },
  { name: 'slapd', debian: 'slapd', find: async () => (await onPath('slapd'))[0] },
];
const POLICY = '/usr/sbin/policy-rc.d';

/** Finds every program, installing what is missing when this process is root on Debian; otherwise rejects with the command to run. */
export async function findPrograms(): Promise<Programs> {
  const first = await lookUp();
  if (first.missing.length === 0) return first.found as Programs;
  const packages = first.missing.map((program) => program.debian);
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(advice(first.missing));
  const second = await withCacheLock('apt', async () => {
    const meanwhile = await lookUp();
    if (meanwhile.missing.length === 0) return meanwhile;
    report(`Installing ${packages.join(', ')} …`);
    await installPackages(packages);
    return lookUp();
  });
  if (second.missing.length > 0) throw new Error(advice(second.missing));
  return second.found as Programs;
}

/** One of them, for a test that starts a server of its own. */
export async function findProgram(name: keyof Programs): Promise<string> {
  const found = await PROGRAMS.find((program) => program.name === name)?.find();
  return found ?? (await findPrograms())[name];
}

async function lookUp(): Promise<{ found: Partial<Programs>; missing: readonly Program[] }> {
  const found: Partial<Programs> = {};
  await Promise.all(
    PROGRAMS.map(async ({ name, find }) => {
      const path = await find();
      if (path !== undefined) found[name] = path;
    }),
  );
  return { found, missing: PROGRAMS.filter(({ name }) => found[name] === undefined) };
}

function advice(missing: readonly Program[]): string {
  return [
    `These tests run against real servers, and this machine lacks: ${missing.map(({ name }) => name).join(', ')}.`,
    'Install them, then run the tests again. On Debian or Ubuntu:',
    `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.map(({ debian }) => debian).join(' ')}`,
    'Elsewhere: Java 17 or later, redis-server, PostgreSQL, pgbouncer, Python 3.11 or later with venv, curl, Chromium, promtool (of Prometheus) and slapd (OpenLDAP) on the PATH.',
    'Tests that need no servers: npx vitest run --project unit',
  ].join('\n');
}

async function installPackages(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    runCommand('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env, timeoutMs: 10 * 60_000 });
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
  const allowServices = await keepServicesDown();
  try {
    await apt('update');
    // An earlier installation that was interrupted leaves packages half done: finish those, then try once more.
    await install().catch(async () => {
      await runCommand('dpkg', ['--configure', '-a'], { env }).catch(() => {});
      await apt('--fix-broken', 'install', '-y');
      await install();
    });
  } finally {
    await allowServices();
  }
}

// Debian's packages start their service when installed, unless this policy forbids it.
async function keepServicesDown(): Promise<() => Promise<void>> {
  if (existsSync(POLICY)) return async () => {};
  await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rm(POLICY, { force: true });
}

async function findJava(): Promise<string | undefined> {
  const home = process.env.JAVA_HOME;
  for (const path of [...(home ? [join(home, 'bin', 'java')] : []), ...(await onPath('java'))]) {
    const version = await answer(path, ['--version']);
    if (Number(/^\S+ (\d+)/.exec(version ?? '')?.[1]) >= 17) return path;
  }
  return undefined;
}

async function findPython(): Promise<string | undefined> {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
  return firstWorking('python3', ['-c', check]);
}

async function findPostgres(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  for (const folder of [...newestFirst, ...(await onPath('initdb')).map((path) => join(path, '..'))])
    if (existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) return folder;
  return undefined;
}

async function findChromium(): Promise<string | undefined> {
  // The one without a window takes half the processor time; on Debian it is a package of its own.
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  for (const name of names) {
    const [found] = await onPath(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function firstWorking(name: string, args: readonly string[]): Promise<string | undefined> {
  for (const path of await onPath(name)) if ((await answer(path, args)) !== undefined) return path;
  return undefined;
}

async function answer(path: string, args: readonly string[]): Promise<string | undefined> {
  return runCommand(path, args, { timeoutMs: 20_000 }).catch(() => undefined);
}

async function onPath(name: string): Promise<string[]> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'].filter(Boolean);
  const paths = [...new Set(folders)].map((folder) => join(folder, name));
  const executable = await Promise.all(
    paths.map((path) =>
      access(path, constants.X_OK)
        .then(() => true)
        .catch(() => false),
    ),
  );
  return paths.filter((_, index) => executable[index]);
}
