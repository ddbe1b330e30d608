// Starts the real servers that *.server.test.ts run against, once per run and side by side, and stops them at the end.
// Tests reach them with `inject('keycloak')`, `inject('redisUrl')` and so on, and keep apart by a realm, database or key prefix of their own.
import { constants } from 'node:os';
import type { TestProject } from 'vitest/node';
import { type KeycloakServer, startKeycloak } from './servers/keycloak-server.ts';
import { startPostgres } from './servers/postgres-server.ts';
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
  }
}

type Stop = () => Promise<void>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export default async function setUp(project: TestProject): Promise<Stop> {
  const began = performance.now();
  const stops: Stop[] = [];
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    stopAll().finally(() => process.exit(128 + constants.signals[signal]));
  };
  let stopping: Promise<void> | undefined;
  const stopAll = () => {
    stopping ??= Promise.allSettled(stops.map((stop) => stop())).then(() => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    });
    return stopping;
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const started = await Promise.allSettled(startAll(await findPrograms(), project, stops));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  } catch (error) {
    await stopAll();
    throw error;
  }
  report(`Servers ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return stopAll;
}

function startAll(programs: Programs, project: TestProject, stops: Stop[]): Promise<void>[] {
  project.provide('chromium', programs.chromium);
  return [
    startKeycloak(programs.java).then(({ keycloak, stop }) => {
      stops.push(stop);
      project.provide('keycloak', keycloak);
    }),
    startRedis(programs.redis).then(({ url, stop }) => {
      stops.push(stop);
      project.provide('redisUrl', url);
    }),
    startPostgres(programs.postgres).then(({ url, stop }) => {
      stops.push(stop);
      project.provide('postgresUrl', url);
    }),
    pythonTools(programs.python3).then(({ python, schemathesis }) => {
      project.provide('python', python);
      project.provide('schemathesis', schemathesis);
    }),
  ];
}
