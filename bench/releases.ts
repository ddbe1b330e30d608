// A cached release with its durable row in the audit log against the same route without, on a PostgreSQL that keeps its word.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { findPrograms } from '../test/support/servers/programs.ts';
import { awake, interleave } from './measure.ts';
import { addKey, signInDemo } from './requests.ts';
import { atLeast, type Result, result } from './result.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 64;
const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));

export async function benchReleases(): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'byok-bench-'));
  // PostgreSQL may run under an account of its own.
  chmodSync(folder, 0o755);
  const programs = await findPrograms();
  const postgres = await startPostgres(programs.postgres, folder, { durable: true });
  const env = { DATABASE_URL: postgres.url, ENCRYPTION_KEY: `${Buffer.alloc(32, 7).toString('base64url')}=` };
  const services: ServiceProcess[] = [];
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> => {
    const service = await startServiceProcess({ ...env, ...more });
    services.push(service);
    return service;
  };
  try {
    const audited = await start();
    const unaudited = await start({ BENCH_AUDIT: 'off' });
    await addKey(audited.url, { cookie: await signInDemo(audited.url) }, 'openai');
    const token = serviceToken(audited);
    const figures = await interleave(ROUNDS, {
      audited: () => throughput(audited, token),
      unaudited: () => throughput(unaudited, token),
    });
    const detail = `${Math.round(figures.audited)} to ${Math.round(figures.unaudited)} releases/s, ${CONNECTIONS} at a time`;
    const name = 'Cached release with its durable audit row to the same without';
    return [result(name, figures.audited / figures.unaudited, '×', atLeast(0.4), detail)];
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a service that may resolve keys. */
export function serviceToken({ env }: Pick<ServiceProcess, 'env'>): string {
  const args = [CLI, 'service-token', 'create', '--name', 'bench', '--scopes', 'resolve', '--expires', '1d'];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { env: { ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`no token for the benchmark: ${stderr}`);
  return stdout.trim();
}

async function throughput({ internalUrl }: ServiceProcess, token: string): Promise<number> {
  const { requests, non2xx, errors } = await awake(() =>
    autocannon({
      url: `${internalUrl}/api/v1/byok/internal/keys/resolve`,
      method: 'POST',
      connections: CONNECTIONS,
      duration: SECONDS,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user: { email: 'starter@example.com' }, provider: 'openai' }),
    }),
  );
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} releases failed`);
  return requests.average;
}
