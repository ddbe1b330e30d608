// What a recording needs beside the service: Keycloak, PostgreSQL, Redis and providers that answer as told. Everything that
// the tests lend is imported here.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealm, type TestRealm } from '../test/support/keycloak/realm.ts';
import { startTcpProxy, type TcpProxy } from '../test/support/programs/tcp-proxy.ts';
import { type FakeProviders, startFakeProviders } from '../test/support/providers/fake-providers.ts';
import { type KeycloakServer, startKeycloak } from '../test/support/servers/keycloak-server.ts';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { findPrograms } from '../test/support/servers/programs.ts';
import { startRedis } from '../test/support/servers/redis-server.ts';
import { freePort } from '../test/support/servers/server-process.ts';

export type { FakeProviders, TcpProxy, TestRealm };
export { createRealm, freePort, startTcpProxy };

export interface Servers {
  /** For data folders and files. */
  readonly folder: string;
  readonly fakes: FakeProviders;
  /** Where only the embedded store is recorded, there are none of these. */
  readonly outer: OuterServers | undefined;
  stop(): Promise<void>;
}

export interface OuterServers {
  readonly keycloak: KeycloakServer;
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

export async function startServers({ outer }: { outer: boolean }): Promise<Servers> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'byok-wire-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  opened.defer(remove);
  // PostgreSQL may run under an account of its own.
  chmodSync(folder, 0o711);
  // The service and its commands start many times: each compiles what the ones before it have not.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled');
  const fakes = await startFakeProviders();
  opened.defer(() => fakes.close());
  const started = outer ? await startOuter(folder, opened) : undefined;
  const resources = opened.move();
  return { folder, fakes, outer: started, stop: () => resources.disposeAsync() };
}

async function startOuter(folder: string, opened: AsyncDisposableStack): Promise<OuterServers> {
  const programs = await findPrograms();
  const [keycloak, postgres, redis] = await Promise.all([
    startKeycloak(programs.java, folder),
    startPostgres(programs.postgres, folder),
    startRedis(programs.redis, folder),
  ]);
  for (const { stop } of [keycloak, postgres, redis]) opened.defer(stop);
  return { keycloak: keycloak.keycloak, postgresUrl: postgres.url, redisUrl: redis.url };
}
