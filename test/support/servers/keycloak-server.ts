// A Keycloak of this run's own, on a copy of the prepared database in a temporary folder.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keycloakDistribution } from './keycloak-distribution.ts';
import { KEYCLOAK_VERSION } from './keycloak-download.ts';
import { ADMIN, runKeycloak } from './keycloak-process.ts';
import { report } from './report.ts';

/** What tests need to reach the shared Keycloak as its administrator. */
export type KeycloakServer = {
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
};

/** `java` is the path of the Java program. */
export async function startKeycloak(
  java: string,
): Promise<{ readonly keycloak: KeycloakServer; readonly stop: () => Promise<void> }> {
  const { home, seed, passwordFile, classes } = await keycloakDistribution(java);
  report(`Starting Keycloak ${KEYCLOAK_VERSION} …`);
  const database = await mkdtemp(join(tmpdir(), 'byok-keycloak-'));
  const removeDatabase = () => rm(database, { recursive: true, force: true });
  try {
    await cp(seed, database, { recursive: true });
    const server = await runKeycloak({ home, java, database, javaOptions: `-XX:SharedArchiveFile=${classes}` });
    const adminPassword = await readFile(passwordFile, 'utf8');
    const stop = async () => {
      await server.stop();
      await removeDatabase();
    };
    return { keycloak: { url: server.url, adminUsername: ADMIN, adminPassword }, stop };
  } catch (error) {
    await removeDatabase();
    throw error;
  }
}
