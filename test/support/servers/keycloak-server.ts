// A Keycloak of this run's own, with its database in memory, on a free loopback port.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { KEYCLOAK_VERSION } from './keycloak-distribution.ts';
import { report } from './report.ts';
import { freePort, startServerProcess } from './server-process.ts';

/** What tests need to reach the shared Keycloak as its administrator. */
export type KeycloakServer = {
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
};

type KeycloakOptions = {
  /** Folder of the built distribution. */
  readonly distribution: string;
  /** Path of the Java program. */
  readonly java: string;
};

export async function startKeycloak({
  distribution,
  java,
}: KeycloakOptions): Promise<{ readonly keycloak: KeycloakServer; readonly stop: () => Promise<void> }> {
  report(`Starting Keycloak ${KEYCLOAK_VERSION} …`);
  const port = await freePort();
  const keycloak = {
    url: `http://127.0.0.1:${port}`,
    adminUsername: 'admin',
    adminPassword: randomBytes(12).toString('hex'),
  };
  const address = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, '--hostname-strict=false'];
  const server = await startServerProcess({
    name: 'Keycloak',
    command: join(distribution, 'bin', 'kc.sh'),
    args: ['start', '--optimized', '--cache=local', ...address],
    ready: /Listening on: http/,
    readyWithinMs: 180_000,
    env: {
      ...process.env,
      JAVA: java,
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx768m',
      // The quick compiler only: a server that lives for minutes starts in half the processor time.
      JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
      KC_BOOTSTRAP_ADMIN_USERNAME: keycloak.adminUsername,
      KC_BOOTSTRAP_ADMIN_PASSWORD: keycloak.adminPassword,
    },
  });
  return { keycloak, stop: server.stop };
}
