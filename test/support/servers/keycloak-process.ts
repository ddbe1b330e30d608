// How a built Keycloak is started: on a free loopback port, with little memory, on an H2 database in a given folder.
import { join } from 'node:path';
import { freePort, type ServerProcess, startServerProcess } from './server-process.ts';

/** The administrator's name in the realm `master`. */
export const ADMIN = 'admin';

type KeycloakProcess = {
  readonly home: string;
  readonly java: string;
  /** Folder of the database; a new one is filled with the schema and the realm `master`. */
  readonly database: string;
  readonly javaOptions: string;
  readonly env?: Record<string, string>;
};

export async function runKeycloak({
  home,
  java,
  database,
  javaOptions,
  env,
}: KeycloakProcess): Promise<ServerProcess & { readonly url: string }> {
  const port = await freePort();
  const h2 = `jdbc:h2:file:${join(database, 'keycloak')};NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE`;
  const address = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, '--hostname-strict=false'];
  const server = await startServerProcess({
    name: 'Keycloak',
    command: join(home, 'bin', 'kc.sh'),
    args: ['start', '--optimized', '--cache=local', `--db-url=${h2}`, ...address],
    ready: /Listening on: http/,
    readyWithinMs: 180_000,
    // Java writes the archive of loaded classes while it stops.
    stopWithinMs: 60_000,
    env: {
      ...process.env,
      JAVA: java,
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx768m',
      // The quick compiler only: for a server that lives for minutes, the optimising one costs more processor time than it saves.
      JAVA_OPTS_APPEND: `-XX:TieredStopAtLevel=1 ${javaOptions}`,
      ...env,
    },
  });
  return { url: `http://127.0.0.1:${port}`, ...server };
}
