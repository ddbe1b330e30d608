// Starts the real servers that *.server.test.ts run against, once per run and side by side, and stops them at the end.
// Tests reach them with `inject('keycloak')`, `inject('redisUrl')` and so on, and keep apart by a realm, database or key prefix of their own.
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type KeycloakServer, startKeycloak } from './servers/keycloak-server.ts';
import { startPostgres } from './servers/postgres-server.ts';
import { endedProgramsMs } from './servers/processor-time.ts';
import { findPrograms, type Programs } from './servers/programs.ts';
import { pythonTools } from './servers/python-tools.ts';
import { startRedis } from './servers/redis-server.ts';
import { report } from './servers/report.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    keycloak: KeycloakServer;
    /** No password, database 0: use a key prefix of your own. */
    redisUrl: string;
    /** The superuser's URL: make a database of your own. */
    postgresUrl: string;
    /** Path of a Python that has `cryptography`. */
    python: string;
    /** Path of the `schemathesis` command. */
    schemathesis: string;
    /** Path of the Chromium browser. */
    chromium: string;
    /** Path of promtool, which checks what is written for Prometheus. */
    promtool: string;
    /** Path of curl, for the examples in the documentation. */
    curl: string;
  }
}

type Stop = () => Promise<void>;

/** Answers the function that stops everything; vitest calls it at the end. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const began = performance.now();
  const folder = await temporaryFolder();
  const stops: Stop[] = [];
  const tearDown = async () => {
    const before = endedProgramsMs();
    await Promise.allSettled(stops.map((stop) => stop()));
    report(`Servers took ${((endedProgramsMs() - before) / 1000).toFixed(1)} s of processor time`);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const programs = await findPrograms();
    const started = await Promise.allSettled(startAll(programs, folder, project, stops));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  } catch (error) {
    await tearDown();
    throw error;
  }
  report(`Servers ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return tearDown;
}

function startAll(programs: Programs, folder: string, project: TestProject, stops: Stop[]): Promise<void>[] {
  project.provide('chromium', programs.chromium);
  project.provide('curl', programs.curl);
  project.provide('promtool', programs.promtool);
  return [
    startKeycloak(programs.java, folder).then(({ keycloak, stop }) => {
      stops.push(stop);
      project.provide('keycloak', keycloak);
    }),
    startRedis(programs.redis, folder).then(({ url, stop }) => {
      stops.push(stop);
      project.provide('redisUrl', url);
    }),
    startPostgres(programs.postgres, folder).then(({ url, stop }) => {
      stops.push(stop);
      project.provide('postgresUrl', url);
    }),
    pythonTools(programs.python3).then(({ python, schemathesis }) => {
      project.provide('python', python);
      project.provide('schemathesis', schemathesis);
    }),
  ];
}

// Ctrl-C and SIGTERM make vitest exit at once, without its teardown, so what must go by then goes in the exit handler.
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'byok-servers-'));
  // Every account may pass through to its own folder inside: PostgreSQL runs as another one.
  await chmod(folder, 0o711);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  process.once('SIGHUP', () => process.exit(129));
  return folder;
}
