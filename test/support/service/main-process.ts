// The service as people start it, `main.ts` in a process of its own, which can be stopped, continued and killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { freePort } from '../servers/server-process.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { Env } from './running-service.ts';

export interface MainProcess {
  readonly url: string;
  client(headers?: Env): ApiClient;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void;
  /** Its status, once it has ended. */
  readonly exited: Promise<number | null>;
  output(): string;
  /** kill -9, if it still runs. */
  end(): Promise<void>;
}

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
const START_MS = 60_000;

/** Resolves when it takes work. @param env all that it gets, besides a port. */
export async function startMainProcess(env: Env): Promise<MainProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    // What the others of this run have compiled, it need not compile.
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([status]) => status as number | null);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const agent = new Agent();
  const url = `http://127.0.0.1:${port}`;
  const end = async (): Promise<void> => {
    await kill(child);
    await agent.destroy();
  };
  const until = Date.now() + START_MS;
  while (!(await isReady(url))) {
    if (child.exitCode === null && Date.now() < until) await wait(100);
    else {
      await end();
      throw new Error(`the service did not start: ${output}`);
    }
  }
  return {
    url,
    client: (headers) => createApiClient({ url, dispatcher: agent, headers }),
    signal: (name) => void child.kill(name),
    exited,
    output: () => output,
    end,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    await body.dump();
    return statusCode === 200;
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
