// A Keycloak of this run's own, on a copy of the prepared database in a folder that is thrown away.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keycloakDistribution } from './keycloak-distribution.ts';
import { KEYCLOAK_VERSION } from './keycloak-download.ts';
import { ADMIN, runKeycloak } from './keycloak-process.ts';
import { report } from './report.ts';
import type { ServerProcess } from './server-process.ts';

/** What tests need to reach the shared Keycloak as its administrator. */
export type KeycloakServer = {
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
};

/** `java` is the path of the Java program; the database goes into a new folder in `parent`. */
export async function startKeycloak(
  java: string,
  parent: string,
): Promise<ServerProcess & { readonly keycloak: KeycloakServer }> {
  const { home, seed, passwordFile, classes } = await keycloakDistribution(java);
  report(`Starting Keycloak ${KEYCLOAK_VERSION} …`);
  const database = join(parent, 'keycloak');
  await cp(seed, database, { recursive: true });
  const { url, ...server } = await runKeycloak({
    home,
    java,
    database,
    javaOptions: `-XX:SharedArchiveFile=${classes}`,
  });
  const adminPassword = await readFile(passwordFile, 'utf8');
  return { keycloak: { url, adminUsername: ADMIN, adminPassword }, ...server };
}
