// Doctor: TLS files and Redis.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { tryRedis } from '../../app/redis-trial.ts';
import type { Config } from '../../config/config.ts';
import { readPem } from '../../config/pem-file.ts';
import { createRedisConnection } from '../../redis/redis-connection.ts';
import { redisFault } from '../../redis/redis-fault.ts';
import type { InvalidationListener } from '../../replicas/invalidation.ts';
import { createRedisInvalidation } from '../../replicas/redis-invalidation.ts';
import { StartupProblem } from '../../shared/errors.ts';
import { fail, ok, type Result, warn } from './doctor-findings.ts';

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
const DAY_MS = 86_400_000;

export function* checkTls({ tls, trustedProxies, production, host, publicUrl }: Config): Generator<Result> {
  if (tls === undefined) {
    if (trustedProxies.length === 0 && publicUrl.startsWith('https:'))
      yield warn(
        `PUBLIC_URL is ${publicUrl}, and nothing here takes HTTPS: set TRUSTED_PROXIES to the address of the proxy that ends TLS, or TLS_CERT_FILE and TLS_KEY_FILE. Until then browsers that come by that proxy count as plain HTTP.`,
      );
    if (trustedProxies.length > 0) yield ok(`ended by the proxies at ${trustedProxies.join(', ')}`);
    else if (LOOPBACK_HOSTS.has(host)) yield ok('not configured, and not needed: only this machine is listened to');
    else
      yield fail(
        `not configured, and ${host} is listened to: keys travel in plain text. Set TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES, or HOST=127.0.0.1.`,
      );
    return;
  }
  const certificate = yield* readOr(
    `TLS_CERT_FILE names ${tls.certFile}, which holds no PEM certificate`,
    () => new X509Certificate(readPem('TLS_CERT_FILE', tls.certFile)),
  );
  const key = yield* readOr(
    `TLS_KEY_FILE names ${tls.keyFile}, which holds no PEM private key without a password`,
    () => createPrivateKey(readPem('TLS_KEY_FILE', tls.keyFile)),
  );
  if (certificate === undefined) return;
  if (key !== undefined && !certificate.checkPrivateKey(key))
    yield fail('TLS_KEY_FILE is not the key of the certificate in TLS_CERT_FILE: put the pair that belongs together.');
  const daysLeft = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
  if (daysLeft < 0) yield fail(`the certificate ran out on ${certificate.validTo}: renew it.`);
  else if (daysLeft < 14)
    yield warn(`the certificate runs out in ${daysLeft} days, on ${certificate.validTo}: renew it.`);
  else yield ok(`the certificate is valid for ${daysLeft} more days`);
  if (!production) yield warn('NODE_ENV is not production: plain HTTP is not refused.');
}

/** OpenSSL's own words name neither the variable nor the file. */
function* readOr<T>(problem: string, read: () => T): Generator<Result, T | undefined> {
  try {
    return read();
  } catch (error) {
    yield fail(error instanceof StartupProblem ? error.message : `${problem}: put one there, or name another file.`);
    return undefined;
  }
}

export async function* checkRedis({ redisUrl }: Config): AsyncGenerator<Result> {
  if (redisUrl === undefined) {
    yield ok('not configured: sessions and limits live in memory, for one replica');
    return;
  }
  await using connection = createRedisConnection({ url: redisUrl });
  const invalidation = createRedisInvalidation({ redis: connection.client });
  try {
    await invalidation.start(NO_MEMORY);
    await tryRedis(connection, invalidation);
    yield ok('does what the service needs of it: sessions, scripts, limits and messages');
  } catch (error) {
    yield fail(redisFault(error).advice);
  } finally {
    await invalidation.close();
  }
}

const NO_MEMORY: InvalidationListener = { hold: () => undefined, invalidate: () => undefined, clear: () => undefined };
