// A server as a child process: waits until it says it is ready, and stops it for certain.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

type ServerCommand = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the server prints once it takes connections. */
  readonly ready: RegExp;
  readonly readyWithinMs: number;
  /** The signal that asks the server to stop at once and cleanly; SIGTERM unless told. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** How long stopping may take before the server is killed; ten seconds unless told. */
  readonly stopWithinMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
};

export type ServerProcess = {
  /** Stops the server and everything it started, kills it when that takes too long. May be called more than once. */
  readonly stop: () => Promise<void>;
  /** Sends a signal to the server and all that it started, such as SIGSTOP to make it hang. */
  readonly signal: (signal: NodeJS.Signals) => void;
};

const OUTPUT_SHOWN = 4000;
const SETPRIV = '/usr/bin/setpriv';

/** Starts a server in a process group of its own and resolves when it is ready; rejects, with its output, when it is not in time. */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  const { stopSignal = 'SIGTERM', stopWithinMs = 10_000, env, cwd, uid, gid } = server;
  const [command, args] = endingWithThisProcess(server, stopSignal);
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env && { env }),
    ...(cwd && { cwd }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  const killNow = () => signalGroup(child, 'SIGKILL');
  // Before any other exit handler, so that a server's folder is removed after the server.
  process.prependOnceListener('exit', killNow);
  const stop = async () => {
    await stopGroup(child, stopSignal, stopWithinMs);
    process.off('exit', killNow);
  };
  try {
    await untilReady(child, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, signal: (signal) => signalGroup(child, signal) };
}

// On Linux the kernel itself ends the server when this process dies without a chance to do so (kill -9, out of memory).
function endingWithThisProcess(server: ServerCommand, stopSignal: string): [string, readonly string[]] {
  if (process.platform !== 'linux' || !existsSync(SETPRIV)) return [server.command, server.args];
  return [SETPRIV, ['--pdeathsig', stopSignal.slice('SIG'.length), '--', server.command, ...server.args]];
}

async function untilReady(child: ChildProcess, server: ServerCommand): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  const fail = (how: string) => reject(new Error(`${server.name} ${how}\n${output.slice(-OUTPUT_SHOWN)}`.trimEnd()));
  const timer = setTimeout(() => fail(`was not ready within ${server.readyWithinMs / 1000} s`), server.readyWithinMs);
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-16 * OUTPUT_SHOWN);
    if (server.ready.test(output)) resolve();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.on('error', (error) => fail(`could not be started: ${error.message}`));
  child.on('exit', (code, signal) => fail(`stopped while starting (${signal ?? `exit code ${code}`})`));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  // From here on nobody reads the output, but the pipes must keep flowing.
  for (const stream of [child.stdout, child.stderr]) {
    stream?.removeAllListeners('data');
    stream?.resume();
  }
}

async function stopGroup(child: ChildProcess, stopSignal: NodeJS.Signals, withinMs: number): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(stopSignal);
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), withinMs);
    await exited;
    clearTimeout(timer);
  }
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** A loopback port that nothing listens on, below the range that outgoing connections take their ports from. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(15_000, 32_000);
    if (await canListen(port)) return port;
  }
  throw new Error('No free port on 127.0.0.1');
}

function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
