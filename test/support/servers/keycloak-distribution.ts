// Keycloak's own distribution from Maven Central: fetched, checked, unpacked and built once, then kept in the cache.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cachedFolder, cacheFolder } from './cache-folder.ts';
import { report } from './report.ts';
import { runCommand } from './run-command.ts';

export const KEYCLOAK_VERSION = '26.7.4';
const SHA256 = '04823c336b797a7e18889a44262a7a64e6bf624cbbcc518c85e2622176ff2eee';
const FILE = `keycloak-quarkus-dist-${KEYCLOAK_VERSION}.tar.gz`;
const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2';
const FETCH_WITHIN_MS = 5 * 60_000;

/** The folder of the unpacked and built Keycloak. `java` is the path of the Java program, needed only to build. */
export async function keycloakDistribution(java: () => Promise<string>): Promise<string> {
  return cachedFolder(`keycloak-${KEYCLOAK_VERSION}`, async (folder) => {
    const archive = await fetchArchive();
    await runCommand('tar', ['-xzf', archive, '--strip-components=1', '-C', folder]);
    await rm(archive);
    report(`Building Keycloak ${KEYCLOAK_VERSION} (once, about half a minute) …`);
    await runCommand(join(folder, 'bin', 'kc.sh'), ['build', '--db=dev-mem'], {
      env: { ...process.env, JAVA: await java() },
    });
  });
}

// Under a temporary name until its checksum is right, so that a broken download never counts.
async function fetchArchive(): Promise<string> {
  report(`Fetching Keycloak ${KEYCLOAK_VERSION} (176 MB) …`);
  const folder = await mkdtemp(join(cacheFolder(), 'fetching-'));
  try {
    const fetched = join(folder, FILE);
    await fetchOverHttps(fetched).catch((httpsError) =>
      fetchWithMaven(folder).catch((mavenError) => {
        throw new AggregateError(
          [httpsError, mavenError],
          `Keycloak ${KEYCLOAK_VERSION} could not be fetched.\nOver HTTPS: ${httpsError.message}\nWith Maven: ${mavenError.message}`,
        );
      }),
    );
    const archive = join(cacheFolder(), FILE);
    await rename(fetched, archive);
    return archive;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchOverHttps(file: string): Promise<void> {
  const url = `${MAVEN_CENTRAL}/org/keycloak/keycloak-quarkus-dist/${KEYCLOAK_VERSION}/${FILE}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  await checkSha256(file);
}

// For machines that reach Maven Central only by way of a mirror in Maven's settings.
async function fetchWithMaven(folder: string): Promise<void> {
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:tar.gz`;
  await runCommand('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`]);
  await checkSha256(join(folder, FILE));
}

async function checkSha256(file: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== SHA256) throw new Error(`${FILE} has the SHA-256 ${found}, expected ${SHA256}`);
}
