// Starts the real servers that *.server.test.ts run against, once per run and side by side, and stops them at the end.
// Tests reach them with `inject('keycloak')`, `inject('redisUrl')` and so on, and keep apart by a realm, database or key prefix of their own.
import type { TestProject } from 'vitest/node';
import { keycloakDistribution } from './servers/keycloak-distribution.ts';
import { type KeycloakServer, startKeycloak } from './servers/keycloak-server.ts';
import { startPostgres } from './servers/postgres-server.ts';
import { findPrograms } from './servers/programs.ts';
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

export default async function setUp(project: TestProject): Promise<Stop> {
  const began = performance.now();
  const stops: Stop[] = [];
  const stopAll = async () => {
    await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  };
  try {
    const results = await Promise.allSettled(startAll(project, stops));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  } catch (error) {
    await stopAll();
    throw error;
  }
  report(`Servers ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return stopAll;
}

function startAll(project: TestProject, stops: Stop[]): Promise<void>[] {
  const programs = findPrograms();
  return [
    (async () => {
      const java = async () => (await programs).java;
      const distribution = await keycloakDistribution(java);
      const server = await startKeycloak({ distribution, java: await java() });
      stops.push(server.stop);
      project.provide('keycloak', server.keycloak);
    })(),
    (async () => {
      const server = await startRedis((await programs).redis);
      stops.push(server.stop);
      project.provide('redisUrl', server.url);
    })(),
    (async () => {
      const server = await startPostgres((await programs).postgres);
      stops.push(server.stop);
      project.provide('postgresUrl', server.url);
    })(),
    (async () => {
      const tools = await pythonTools(async () => (await programs).python3);
      project.provide('python', tools.python);
      project.provide('schemathesis', tools.schemathesis);
    })(),
    programs.then(({ chromium }) => project.provide('chromium', chromium)),
  ];
}
