// Starts bench/service.ts and talks to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServiceProcess {
  readonly url: string;
  /** What internal services call. */
  readonly internalUrl: string;
  readonly bareUrl: string;
  /** Its environment, for commands beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** What the bare route answers from now on. */
  setBareBody(body: string): Promise<void>;
  /** Makes the service forget what it has cached of the user. */
  forget(userId: string): Promise<void>;
  /** Calls to Keycloak's admin API since this was last asked. */
  takeCalls(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServiceProcess(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'byok-bench-'));
  const whole = {
    PATH: process.env.PATH ?? '',
    BYOK_DATA_DIR: dataDir,
    INTERNAL_PORT: '0',
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000',
    RATE_LIMIT_WRITE_PER_MINUTE: '1000000',
    RATE_LIMIT_INTERNAL_PER_MINUTE: '1000000',
    ...env,
  };
  const child = spawn(process.execPath, [fileURLToPath(new URL('service.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: whole,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the service of the benchmark has ended');
    return JSON.parse(value);
  };
  const ask = async (message: object): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return next();
  };
  const { url, internalUrl, bareUrl } = await next();
  return {
    url: String(url),
    internalUrl: String(internalUrl),
    bareUrl: String(bareUrl),
    env: whole,
    setBareBody: async (value) => void (await ask({ command: 'body', value })),
    forget: async (value) => void (await ask({ command: 'forget', value })),
    takeCalls: async () => Number((await ask({ command: 'calls' })).calls),
    async stop() {
      child.stdin.end(`${JSON.stringify({ command: 'stop' })}\n`);
      await ended(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode === null) child.once('exit', () => resolve());
    else resolve();
  });
