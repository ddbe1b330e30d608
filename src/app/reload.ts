// SIGHUP: certificates and secrets are read again, without ending a connection. All of it or, where something is wrong, nothing.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type Config, ConfigError, parseConfig } from '../config/config.ts';
import type { Env } from '../config/config-checks.ts';
import { checkFiles, requireFiles } from '../config/file-checks.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { readPem } from '../config/pem-file.ts';
import { tryNewSecrets } from './secret-trials.ts';

interface ReloadDeps {
  readonly env: Env;
  readonly live: LiveConfig;
  readonly apps: readonly (FastifyInstance | undefined)[];
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** @returns what to do at each SIGHUP: one after another, where they come fast. Never throws. */
export function createReload({ env, live, apps, logger }: ReloadDeps): () => void {
  let files = digests(live.config);

  const reload = async (): Promise<void> => {
    const next = parseConfig(env);
    requireFiles(next);
    const now = digests(next);
    const certificate = certificateOf(next);
    const problems = await tryNewSecrets(live.config, next);
    if (problems.length > 0) throw new ConfigError(problems);
    const { changed, restart } = live.update(next);
    const own = now.own !== files.own;
    if (own) useCertificate(certificate, apps);
    const authorities = (['KEYCLOAK_CA_FILE', 'PROBE_CA_FILE'] as const).filter((name) => now[name] !== files[name]);
    // Those of the authorities stay: what was not taken up is said again at the next reload.
    files = { ...files, own: now.own };
    logger.info(
      { changed: [...changed, ...(own ? ['TLS_CERT_FILE'] : [])] },
      'reloaded: new connections use what has changed',
    );
    for (const { message } of checkFiles(next)) logger.warn({ problem: message }, 'reloaded, with a problem');
    if (restart.length + authorities.length > 0)
      logger.warn({ variables: [...restart, ...authorities] }, 'changed, and takes a restart: the old value is kept');
  };
  const tell = (error: unknown): void => {
    const problems =
      error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : 'unknown'];
    logger.error({ problems }, 'not reloaded: everything stays as it was');
  };
  let running = Promise.resolve();
  return () => {
    running = running.then(reload).catch(tell);
  };
}

const certificateOf = ({ tls }: Config): SecureContextOptions | undefined =>
  tls && { cert: readPem('TLS_CERT_FILE', tls.certFile), key: readPem('TLS_KEY_FILE', tls.keyFile) };

function useCertificate(certificate: SecureContextOptions | undefined, apps: ReloadDeps['apps']): void {
  if (certificate === undefined) return;
  for (const app of apps) if (app?.server instanceof TlsServer) app.server.setSecureContext(certificate);
}

/** What the files held when they were last read. */
function digests({ tls, keycloak, probes }: Config) {
  return {
    own: digest(tls?.certFile, tls?.keyFile),
    KEYCLOAK_CA_FILE: digest(keycloak?.caFile),
    PROBE_CA_FILE: digest(probes.caFile),
  };
}

function digest(...paths: (string | undefined)[]): string {
  const hash = createHash('sha256');
  for (const path of paths) if (path !== undefined) hash.update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}
