// The files that the configuration names: certificates, keys, the data folder. Nothing outside this machine is asked.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { dataFolderProblem } from '../database/data-folder-problem.ts';
import { type Config, ConfigError } from './config.ts';
import { readPem } from './pem-file.ts';

/** `fail`: the service does not start so, or nobody could connect to it. */
export interface ConfigFinding {
  readonly level: 'fail' | 'warn';
  /** Begins with the variable. */
  readonly message: string;
  /** The service starts all the same: refusing would make it worse. */
  readonly starts?: true;
}

const DAY_MS = 86_400_000;
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

const fail = (message: string): ConfigFinding => ({ level: 'fail', message });
const warn = (message: string): ConfigFinding => ({ level: 'warn', message });

/** @param now for tests. */
export function* checkFiles(config: Config, now = Date.now()): Generator<ConfigFinding> {
  yield* checkAuthority('KEYCLOAK_CA_FILE', config.keycloak?.caFile, now);
  yield* checkAuthority('PROBE_CA_FILE', config.probes.caFile, now);
  yield* checkOwnCertificate(config, now);
  yield* checkDataFolder(config);
}

/** For the start and for a reload: what would end in an obscure error later. @throws ConfigError. */
export function requireFiles(config: Config): void {
  const problems = [...checkFiles(config)]
    .filter(({ level, starts }) => level === 'fail' && !starts)
    .map(({ message }) => message);
  if (problems.length > 0) throw new ConfigError(problems);
}

function* checkAuthority(variable: string, file: string | undefined, now: number): Generator<ConfigFinding> {
  if (file === undefined) return;
  const pem = yield* read(variable, file);
  if (pem === undefined) return;
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) yield fail(`${variable} names ${file}, which holds no PEM certificate`);
  for (const block of blocks) {
    const certificate = parseCertificate(block);
    if (certificate === undefined)
      yield fail(`${variable} names ${file}, which holds a certificate that cannot be read`);
    else if (Date.parse(certificate.validTo) < now)
      yield warn(`${variable} names ${file}, which holds an authority that ran out on ${certificate.validTo}`);
  }
}

function* checkOwnCertificate({ tls, publicUrl }: Config, now: number): Generator<ConfigFinding> {
  if (tls === undefined) return;
  const cert = yield* read('TLS_CERT_FILE', tls.certFile);
  const key = yield* read('TLS_KEY_FILE', tls.keyFile);
  const certificate = cert === undefined ? undefined : parseCertificate(cert.match(BLOCK)?.[0] ?? '');
  if (cert !== undefined && certificate === undefined)
    yield fail(`TLS_CERT_FILE names ${tls.certFile}, which holds no certificate that can be read`);
  const privateKey = key === undefined ? undefined : parseKey(key);
  if (key !== undefined && privateKey === undefined)
    yield fail(
      `TLS_KEY_FILE names ${tls.keyFile}, which holds no private key that can be read (one with a password cannot)`,
    );
  if (certificate === undefined) return;
  yield* checkDates(certificate, now);
  const { hostname } = new URL(publicUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  if ((isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) === undefined)
    yield warn(
      `TLS_CERT_FILE holds a certificate that is not for ${host}, the host of PUBLIC_URL: browsers will refuse it`,
    );
  if (privateKey === undefined) return;
  if (!certificate.checkPrivateKey(privateKey))
    yield fail(
      'TLS_KEY_FILE is not the key of the certificate in TLS_CERT_FILE (the first in it counts): put the pair that belongs together',
    );
  else if (!isUsable(cert ?? '', key ?? '')) yield fail('TLS_CERT_FILE holds a chain that OpenSSL does not take');
}

function* checkDates({ validFrom, validTo }: X509Certificate, now: number): Generator<ConfigFinding> {
  const daysLeft = (Date.parse(validTo) - now) / DAY_MS;
  if (daysLeft < 0)
    yield { ...fail(`TLS_CERT_FILE holds a certificate that ran out on ${validTo}: renew it`), starts: true };
  else if (daysLeft < 14) yield warn(`TLS_CERT_FILE holds a certificate that runs out on ${validTo}: renew it`);
  if (Date.parse(validFrom) > now) yield warn(`TLS_CERT_FILE holds a certificate that is valid from ${validFrom} only`);
}

function* read(variable: string, file: string): Generator<ConfigFinding, string | undefined> {
  try {
    return readPem(variable, file).toString('utf8');
  } catch (error) {
    yield fail(error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
    return undefined;
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function isUsable(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}

/** Of the embedded default. A folder that is not there yet is made by the start. */
function* checkDataFolder({ databaseUrl, dataDir }: Config): Generator<ConfigFinding> {
  const problem = databaseUrl === undefined ? dataFolderProblem(resolve(dataDir)) : undefined;
  if (problem !== undefined) yield fail(`BYOK_DATA_DIR: ${problem.replace(/\.$/, '')}`);
}
