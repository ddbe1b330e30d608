// One replica of the service in a process of its own, to be killed and paused.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/servers/server-process.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const START_MS = 60_000;

export interface Replica {
  readonly name: string;
  readonly url: string;
  readonly internalUrl: string;
  /** Resolves when it takes work. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** @param logFile what the replica prints, of all its lives. */
export async function createReplica(
  name: string,
  env: Readonly<Record<string, string>>,
  logFile: string,
): Promise<Replica> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const alive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  // A paused process ends by SIGKILL as well.
  process.prependListener('exit', () => child?.kill('SIGKILL'));

  const ready = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    return answer?.status === 200;
  };
  return {
    name,
    url,
    internalUrl: `http://127.0.0.1:${internalPort}`,
    async start() {
      const log = openSync(logFile, 'a');
      child = spawn(process.execPath, [MAIN], {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH,
          ...env,
          HOST: '127.0.0.1',
          PORT: String(port),
          INTERNAL_PORT: String(internalPort),
        },
      });
      const deadline = performance.now() + START_MS;
      while (!(await ready())) {
        if (!alive()) throw new Error(`${name} ended while it was starting: see ${logFile}`);
        if (performance.now() > deadline)
          throw new Error(`${name} is not ready after ${START_MS / 1000} s: see ${logFile}`);
        await wait(100);
      }
    },
    async kill() {
      if (child === undefined || !alive()) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}
