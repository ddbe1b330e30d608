// Keycloak from Maven Central: fetched, checked, unpacked, built and started once, then kept in the cache, so that later runs start fast.
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { createAdminCall } from './keycloak-admin-api.ts';
import { fetchKeycloak, KEYCLOAK_VERSION } from './keycloak-download.ts';
import { ADMIN, runKeycloak } from './keycloak-process.ts';
import { report } from './report.ts';
import { runCommand } from './run-command.ts';

// Part of the cached folder's name: raise it when the steps below change.
const RECIPE = 1;

/** What a run copies or maps from the cache. */
export type KeycloakDistribution = {
  readonly home: string;
  /** A database folder with the schema and the realm `master` made: copy it, and start on the copy. */
  readonly seed: string;
  /** File with the password of the administrator in that database. */
  readonly passwordFile: string;
  /** Java's archive of loaded classes. Java starts without it, more slowly, when its own version has changed. */
  readonly classes: string;
};

/** `java` is the path of the Java program. Takes a minute or two the first time. */
export async function keycloakDistribution(java: string): Promise<KeycloakDistribution> {
  const folder = await cachedFolder(`keycloak-${KEYCLOAK_VERSION}-${RECIPE}`, (folder) => prepare(java, folder));
  return parts(folder);
}

function parts(folder: string): KeycloakDistribution {
  return {
    home: join(folder, 'keycloak'),
    seed: join(folder, 'seed'),
    passwordFile: join(folder, 'admin-password'),
    classes: join(folder, 'classes.jsa'),
  };
}

async function prepare(java: string, folder: string): Promise<void> {
  const { home, seed, passwordFile, classes } = parts(folder);
  report(`Fetching Keycloak ${KEYCLOAK_VERSION} (176 MB) …`);
  const archive = await fetchKeycloak(folder);
  await mkdir(home);
  await runCommand('tar', ['-xzf', archive, '--strip-components=1', '-C', home]);
  await rm(archive);
  report('Building Keycloak (once) …');
  await runCommand(join(home, 'bin', 'kc.sh'), ['build', '--db=dev-file'], { env: { ...process.env, JAVA: java } });
  report('Starting Keycloak for the first time, to keep its empty database and loaded classes …');
  const password = randomBytes(12).toString('hex');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await mkdir(seed);
  const { url, stop } = await runKeycloak({
    home,
    java,
    database: seed,
    javaOptions: `-XX:ArchiveClassesAtExit=${classes}`,
    env: { KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN, KC_BOOTSTRAP_ADMIN_PASSWORD: password },
  });
  try {
    // A realm made and deleted loads the classes that most tests need.
    const admin = createAdminCall({ url, adminUsername: ADMIN, adminPassword: password });
    await admin('POST', '', { realm: 'first', enabled: true });
    await admin('DELETE', '/first');
  } finally {
    await stop();
  }
}
