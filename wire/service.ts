// The service of one checkout, as `npm start` runs it: `src/main.ts` and the command line, spoken to from outside alone.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { send } from './http-call.ts';

export type Env = Readonly<Record<string, string>>;

export interface Service {
  readonly port: number;
  /** `port`, where internal services have none of their own. */
  readonly internalPort: number;
  readonly env: Env;
  readonly basePath: string;
  /** What `byok` with these words prints. */
  byok(...words: string[]): Promise<string>;
  /** kill -9. */
  stop(): Promise<void>;
}

/** Several start at once. */
const START_MS = 180_000;
const run = promisify(execFile);

/** Node as the checkout brings it. */
function nodeOf(root: string): string {
  const own = join(root, 'node_modules', '.bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

/** Runs the command line of a checkout. @returns what it prints. */
export async function runByok(root: string, env: Env, words: readonly string[]): Promise<string> {
  const { stdout } = await run(nodeOf(root), [join(root, 'src', 'cli.ts'), ...words], { cwd: root, env: whole(env) });
  return stdout.trim();
}

/**
 * Resolves when `/readyz` says that it takes work, or `/healthz` that it lives where `ready` is false.
 * @param env everything it is told, PORT included.
 */
export async function startService(root: string, env: Env, { ready = true } = {}): Promise<Service> {
  const child = spawn(nodeOf(root), [join(root, 'src', 'main.ts')], {
    cwd: root,
    env: whole(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output = (output + String(chunk)).slice(-20_000);
    });
  const killNow = () => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async (): Promise<void> => {
    await kill(child);
    process.off('exit', killNow);
  };
  const port = Number(env.PORT);
  const basePath = env.BASE_PATH ?? '';
  const deadline = Date.now() + START_MS;
  while (!(await answers(port, `${basePath}${ready ? '/readyz' : '/healthz'}`))) {
    if (child.exitCode === null && Date.now() < deadline) await wait(50);
    else {
      await stop();
      throw new Error(`the service of ${root} did not start:\n${output}`);
    }
  }
  return {
    port,
    internalPort: env.INTERNAL_PORT === undefined ? port : Number(env.INTERNAL_PORT),
    env,
    basePath,
    byok: (...words) => runByok(root, env, words),
    stop,
  };
}

/** Nothing of this shell's settings but where programs are, and where Node keeps what it has compiled. */
const whole = (env: Env): Env => {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, HOME, ...(NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE }), ...env };
};

async function answers(port: number, path: string): Promise<boolean> {
  try {
    return (await send(port, { method: 'GET', path, headers: {}, body: undefined })).status === 200;
  } catch {
    return false;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
