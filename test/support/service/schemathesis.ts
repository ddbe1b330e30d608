// Runs Schemathesis on a running service: requests made up from its own description, right and wrong ones.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { ownedFolder } from '../programs/temporary-folder.ts';
import type { RunningService } from './running-service.ts';

const SUPPORT = fileURLToPath(new URL('schemathesis/', import.meta.url));
const LIMIT_MS = 840_000;

interface Options {
  /** How many made-up requests an operation. */
  readonly examples: number;
  /** Whether to try everything at the edges of the schema; true unless told. */
  readonly edges?: boolean;
  /** Access token; without one each request has a session of the demo user. */
  readonly token?: string;
}

/** @returns the exit status (0: nothing found) and what was printed. */
export async function runSchemathesis(
  { url }: Pick<RunningService, 'url'>,
  { examples, edges = true, token }: Options,
): Promise<{ status: number | null; output: string }> {
  const folder = ownedFolder();
  const run = ['run', `${url}/openapi.json`, '--url', url, '--no-color', '--max-examples', String(examples)];
  const phases = ['--phases', ['examples', ...(edges ? ['coverage'] : []), 'fuzzing', 'stateful'].join(',')];
  const repeatable = ['--generation-deterministic', '--workers', '1'];
  const child = spawn(
    inject('schemathesis'),
    ['--config-file', `${SUPPORT}schemathesis.toml`, ...run, ...phases, ...repeatable],
    {
      cwd: folder.path,
      timeout: LIMIT_MS,
      env: {
        ...process.env,
        PYTHONPATH: SUPPORT,
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: 'hooks',
        BYOK_ROOT: url,
        ...(token === undefined ? {} : { BYOK_TOKEN: token }),
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  try {
    const status = await new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', resolve),
    );
    return { status, output };
  } finally {
    folder.remove();
  }
}

interface Described {
  readonly tags: readonly string[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Line {
  readonly msg?: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
}

/** What the service itself says that it answered: `POST /api/v1/byok/keys/add` → statuses. Health probes say nothing. */
export function answeredStatuses({ logs, app }: Pick<RunningService, 'logs' | 'app'>): Map<string, Set<number>> {
  const statuses = new Map<string, Set<number>>();
  for (const { method, url } of app.registeredRoutes) statuses.set(`${method} ${url}`, new Set());
  for (const line of logs) {
    const { msg, method, route, status } = JSON.parse(line) as Line;
    if (msg === 'request' && status !== undefined) statuses.get(`${method} ${route}`)?.add(status);
  }
  return statuses;
}

/** The operations of its description, health probes aside, that never succeeded; where the only success is a redirect, that counts. */
export async function neverSucceeded(service: Pick<RunningService, 'logs' | 'app' | 'client'>): Promise<string[]> {
  const statuses = answeredStatuses(service);
  const { body } = await service.client().get('/openapi.json');
  const { paths } = body as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method, { responses, tags }]) => {
        if (tags.includes('health')) return false;
        const route = `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`;
        const best = Object.keys(responses).some((status) => status.startsWith('2')) ? 2 : 3;
        return ![...(statuses.get(route) ?? [])].some((status) => Math.floor(status / 100) === best);
      })
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
}
