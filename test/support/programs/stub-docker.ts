// A copy of what deploy-byok.sh needs, with a stub `docker` on its PATH: the script runs for real, the engine is a folder of files.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from './temporary-folder.ts';

const CHECKOUT = new URL('../../../', import.meta.url).pathname;
const COPIED = ['deploy-byok.sh', 'docker-compose.ops-center-sso.yml', 'deploy', 'package.json'];

/** Enough for a deployment. */
export const SETTINGS: Readonly<Record<string, string>> = {
  BYOK_DOMAIN: 'ops.example.com',
  AUTH_DOMAIN: 'auth.example.com',
  BYOK_TLS: 'someone@example.com',
  ENCRYPTION_KEY: `${randomBytes(32).toString('base64url')}=`,
  KEYCLOAK_CLIENT_SECRET: 'client-secret-of-this-test',
  KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin-password-of-this-test',
  POSTGRES_PASSWORD: 'postgres-password-1',
  BYOK_DB_PASSWORD: 'byok-db-password-1',
  KEYCLOAK_DB_PASSWORD: 'keycloak-db-password-1',
  REDIS_PASSWORD: 'redis-password-1',
};

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

export type DeployStage = ReturnType<typeof createDeployStage>;

/** @param settings over SETTINGS; an empty string leaves the line out. For use inside a test. */
export function createDeployStage(settings: Readonly<Record<string, string>> = {}) {
  const root = temporaryFolder();
  const engine = join(root, 'engine');
  const bin = join(root, 'bin');
  const checkout = join(root, 'checkout');
  for (const folder of [bin, checkout]) mkdirSync(folder);
  for (const folder of ['fail', 'health', 'volumes', 'container']) mkdirSync(join(engine, folder), { recursive: true });
  symlinkSync(new URL('stub-docker.sh', import.meta.url).pathname, join(bin, 'docker'));
  for (const name of COPIED) cpSync(join(CHECKOUT, name), join(checkout, name), { recursive: true });

  const envFile = join(checkout, '.env');
  const lines = Object.entries({ ...SETTINGS, ...settings }).filter(([, value]) => value !== '');
  writeFileSync(envFile, lines.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });

  const put = (file: string, content = '') => writeFileSync(join(engine, file), `${content}\n`);
  const read = (file: string): string => readFileSync(join(engine, file), 'utf8');
  return {
    checkout,
    envFile,
    put,
    /** What was built; `new` unless STUB_BUILD_ID says otherwise. */
    imageOf: (tag: string): string => read(`images/ops-center-byok_${tag}`).trim(),
    runningImage: (): string => read('container/image').trim(),
    calls: (): string[] => read('calls').trimEnd().split('\n'),
    imagesStarted: (): string[] => read('up-images').trimEnd().split('\n'),
    startedWith: (): string[] => read('up-environment').trimEnd().split('\n'),
    /** Runs the script without a terminal. @param script where it is called. */
    run: (
      args: readonly string[] = [],
      env: Readonly<Record<string, string>> = {},
      script = join(checkout, 'deploy-byok.sh'),
    ): Promise<Outcome> => runScript(script, args, { PATH: `${bin}:${process.env.PATH}`, STUB_DOCKER: engine, ...env }),
  };
}

/** A stage on which a healthy `old` image runs over existing data. */
export function createRunningStage(settings: Readonly<Record<string, string>> = {}): DeployStage {
  const stage = createDeployStage(settings);
  stage.put('volumes/byok_postgres-data');
  for (const [field, value] of Object.entries({ image: 'old', owner: 'byok', restarts: '0' }))
    stage.put(`container/${field}`, value);
  return stage;
}

/** Makes the stage a checkout with one commit. */
export function commitAll(folder: string): void {
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
  git('init', '--quiet');
  writeFileSync(join(folder, '.gitignore'), '.env\n');
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=test');
}

async function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const child = spawn(script, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, output: stdout + stderr };
}
