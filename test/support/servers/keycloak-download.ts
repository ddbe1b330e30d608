// Fetches Keycloak's distribution: over HTTPS, or with Maven where only Maven knows the way. Its checksum is kept here.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runCommand } from './run-command.ts';

export const KEYCLOAK_VERSION = '26.7.4';
const SHA256 = '04823c336b797a7e18889a44262a7a64e6bf624cbbcc518c85e2622176ff2eee';
const FILE = `keycloak-quarkus-dist-${KEYCLOAK_VERSION}.tar.gz`;
const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2';
const FETCH_WITHIN_MS = 5 * 60_000;

/** Puts the archive into `folder` and answers its path. It has its name only once it is whole and its SHA-256 is right. */
export async function fetchKeycloak(folder: string): Promise<string> {
  const temporary = await mkdtemp(join(folder, 'fetching-'));
  try {
    const fetched = join(temporary, FILE);
    const failures: Error[] = [];
    for (const fetchFile of [fetchOverHttps, fetchWithMaven]) {
      try {
        await fetchFile(temporary);
        await checkSha256(fetched);
        await rename(fetched, join(folder, FILE));
        return join(folder, FILE);
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
        await rm(fetched, { force: true });
      }
    }
    const reasons = failures.map(
      ({ message, cause }) => `- ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`,
    );
    throw new Error(
      [`Keycloak ${KEYCLOAK_VERSION} could not be fetched, over HTTPS or with Maven:`, ...reasons].join('\n'),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fetchOverHttps(folder: string): Promise<void> {
  const url = `${MAVEN_CENTRAL}/org/keycloak/keycloak-quarkus-dist/${KEYCLOAK_VERSION}/${FILE}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(join(folder, FILE)));
}

// For machines that reach Maven Central only by way of a mirror in Maven's settings.
async function fetchWithMaven(folder: string): Promise<void> {
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:tar.gz`;
  await runCommand('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`], {
    timeoutMs: FETCH_WITHIN_MS,
  });
}

async function checkSha256(file: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== SHA256) throw new Error(`${FILE} has the SHA-256 ${found}, expected ${SHA256}`);
}
