// What is wrong with variables and files by themselves: the start refuses it, and doctor says the same.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY, KEYCLOAK, OLD_KEY, PRODUCTION, without } from '../../config/environments.ts';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { createCertificateAuthority } from '../../support/service/certificates.ts';
import { type Env, findsPlanted } from './planted.ts';

/** The embedded default, which asks nothing outside this machine; its folder is not made. */
const surroundings = () => ({ BYOK_DATA_DIR: join(temporaryFolder(), 'new') });
const file = (content: string, mode = 0o600): string => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
};
const refused = (name: string, variables: Env | (() => Env), names: string, fix: RegExp) => ({
  name,
  plant: () => (typeof variables === 'function' ? variables() : variables),
  names,
  fix,
  start: 'refuses' as const,
});
/** Doctor sees it; the service starts, since refusing would make it worse. */
const told = (name: string, variables: () => Env, names: string, fix: RegExp) => ({
  name,
  plant: variables,
  names,
  fix,
});

findsPlanted('the encryption key', { surroundings }, [
  refused('a key in quotes', { ...KEYCLOAK, ENCRYPTION_KEY: `"${KEY}"` }, 'ENCRYPTION_KEY', /quotes.*remove them/),
  refused(
    'a list of keys in quotes',
    { ...KEYCLOAK, ENCRYPTION_KEY: `'${KEY},${OLD_KEY}'` },
    'ENCRYPTION_KEY',
    /quotes: remove them/,
  ),
  refused(
    'a key that is cut off',
    { ...KEYCLOAK, ENCRYPTION_KEY: KEY.slice(0, 40) },
    'ENCRYPTION_KEY',
    /32 bytes|44 characters|too short|cut/i,
  ),
  refused(
    'a key that is hexadecimal',
    { ...KEYCLOAK, ENCRYPTION_KEY: 'a1'.repeat(32) },
    'ENCRYPTION_KEY',
    /32 bytes|hex/i,
  ),
  refused(
    'a key that is listed twice',
    { ...KEYCLOAK, ENCRYPTION_KEY: `${KEY},${KEY}` },
    'ENCRYPTION_KEY',
    /same key as number 1: remove one/,
  ),
  refused('no key', without(KEYCLOAK, 'ENCRYPTION_KEY'), 'ENCRYPTION_KEY', /put theirs back.*`byok generate-key`/),
]);

findsPlanted('variables', { surroundings }, [
  told(
    'a misspelt variable',
    () => ({ BYOK_MINIMUM_TEIR: 'free' }),
    'BYOK_MINIMUM_TEIR',
    /did you mean BYOK_MINIMUM_TIER/,
  ),
  told(
    'a file for what is no secret',
    () => ({ PORT_FILE: '/run/port' }),
    'PORT_FILE',
    /only secrets come from files. Set PORT/,
  ),
  told(
    'a misspelt file',
    () => ({ ENCRYPTON_KEY_FILE: '/run/key' }),
    'ENCRYPTON_KEY_FILE',
    /did you mean ENCRYPTION_KEY_FILE/,
  ),
  refused(
    'a misspelt variable of Keycloak',
    { KEYCLOAK_UR: 'x' },
    'KEYCLOAK_URL',
    /must be set, because KEYCLOAK_UR is/,
  ),
  refused(
    'a file that is not there',
    { REDIS_URL_FILE: '/nowhere' },
    'REDIS_URL_FILE',
    /names \/nowhere, which is not there/,
  ),
  refused('an empty file', () => ({ REDIS_URL_FILE: file('\n') }), 'REDIS_URL_FILE', /is empty/),
  refused(
    'a file with several lines',
    () => ({ REDIS_URL_FILE: file('a\nb') }),
    'REDIS_URL_FILE',
    /must hold the value and nothing else/,
  ),
  refused(
    'a folder in place of a file',
    () => ({ REDIS_URL_FILE: temporaryFolder() }),
    'REDIS_URL_FILE',
    /name the file in it/,
  ),
  refused(
    'a secret twice',
    () => ({ METRICS_TOKEN: 'a'.repeat(16), METRICS_TOKEN_FILE: file('b'.repeat(16)) }),
    'METRICS_TOKEN_FILE',
    /keep one of them/,
  ),
  told(
    'a file that everybody may read',
    () => ({ METRICS_TOKEN_FILE: file('b'.repeat(16), 0o644) }),
    'METRICS_TOKEN_FILE',
    /chmod o= it/,
  ),
  refused('a tier that there is not', { BYOK_MINIMUM_TIER: 'gold' }, 'BYOK_MINIMUM_TIER', /is not in BYOK_TIER_RANKS/),
  refused('a word for the log that there is not', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL', /must be fatal, error, warn/),
  refused('a base path without a slash', { BASE_PATH: 'byok/' }, 'BASE_PATH', /a path such as \/byok/),
  refused(
    'a path in the public address',
    { PUBLIC_URL: 'http://localhost:8084/byok' },
    'PUBLIC_URL',
    /put the path into BASE_PATH/,
  ),
  refused(
    'a realm in the address of Keycloak',
    { ...KEYCLOAK, KEYCLOAK_URL: 'https://auth.example.com/realms/x' },
    'KEYCLOAK_URL',
    /without \/realms/,
  ),
  refused(
    'plain http in production',
    { ...PRODUCTION, PUBLIC_URL: 'http://ops.example.com' },
    'PUBLIC_URL',
    /must be https in production/,
  ),
  refused(
    'Keycloak over plain http in production',
    { ...PRODUCTION, KEYCLOAK_URL: 'http://auth.example.com' },
    'KEYCLOAK_URL',
    /must be https in production/,
  ),
  refused(
    'no proxy that is trusted, and no TLS',
    without(PRODUCTION, 'TRUSTED_PROXIES'),
    'TRUSTED_PROXIES',
    /TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES/,
  ),
  refused(
    'everybody as a trusted proxy',
    { ...PRODUCTION, TRUSTED_PROXIES: '0.0.0.0/0' },
    'TRUSTED_PROXIES',
    /trust everybody.*List the address of the proxy/,
  ),
  told(
    'a public address of a proxy that is not trusted',
    () => ({ PUBLIC_URL: 'https://localhost' }),
    'PUBLIC_URL',
    /TRUSTED_PROXIES.*proxy that ends TLS/,
  ),
  refused('one port for both', { ...PRODUCTION, PORT: '8085' }, 'INTERNAL_PORT', /another port than PORT/),
  refused(
    'a word for platform sessions that there is not',
    { PLATFORM_SESSIONS: 'yes' },
    'PLATFORM_SESSIONS',
    /must be true or false/,
  ),
  told(
    'platform sessions without their Redis',
    () => ({ PLATFORM_SESSIONS: 'true' }),
    'PLATFORM_SESSIONS',
    /set REDIS_URL/,
  ),
  refused(
    'sessions that are idle for longer than they live',
    { SESSION_IDLE_SECONDS: '7200', SESSION_MAX_SECONDS: '3600' },
    'SESSION_IDLE_SECONDS',
    /must not be longer than SESSION_MAX_SECONDS/,
  ),
  refused(
    'an admin without a password',
    { ...KEYCLOAK, KEYCLOAK_ADMIN_USERNAME: 'admin' },
    'KEYCLOAK_ADMIN_PASSWORD',
    /must be set together/,
  ),
]);

const authority = createCertificateAuthority();
const [pair, other] = [authority.issue(['localhost']), authority.issue(['localhost'])];
const [expired, foreign] = [authority.issue(['localhost'], { days: -3 }), authority.issue(['elsewhere.example.com'])];
const tls = ({ cert }: { cert: string }, { key }: { key: string }): Env => ({
  TLS_CERT_FILE: file(cert),
  TLS_KEY_FILE: file(key),
});

findsPlanted('TLS', { surroundings }, [
  refused(
    'the key of another certificate',
    () => tls(pair, other),
    'TLS_KEY_FILE',
    /put the pair that belongs together/,
  ),
  told('an expired certificate', () => tls(expired, expired), 'TLS_CERT_FILE', /ran out on .*: renew it/),
  told(
    'a certificate for another host',
    () => tls(foreign, foreign),
    'TLS_CERT_FILE',
    /not for localhost, the host of PUBLIC_URL/,
  ),
  refused(
    'a certificate without its key',
    () => ({ TLS_CERT_FILE: file(pair.cert) }),
    'TLS_KEY_FILE',
    /must be set together/,
  ),
  refused(
    'a key where the certificate belongs',
    () => ({ TLS_CERT_FILE: file(pair.key), TLS_KEY_FILE: file(pair.key) }),
    'TLS_CERT_FILE',
    /holds no certificate/,
  ),
  refused(
    'an authority that is no certificate',
    () => ({ ...KEYCLOAK, KEYCLOAK_CA_FILE: file('hello') }),
    'KEYCLOAK_CA_FILE',
    /is not a PEM file/,
  ),
  refused(
    'a file of an authority that is not there',
    () => ({ PROBE_CA_FILE: '/nowhere/ca.pem' }),
    'PROBE_CA_FILE',
    /cannot be read \(ENOENT\)/,
  ),
]);

findsPlanted('the data folder', { surroundings }, [
  refused('a file in its place', () => ({ BYOK_DATA_DIR: file('') }), 'BYOK_DATA_DIR', /is not a folder/),
  refused(
    'a folder that others may write',
    () => {
      const path = join(temporaryFolder(), 'open');
      mkdirSync(path);
      chmodSync(path, 0o777);
      return { BYOK_DATA_DIR: path };
    },
    'BYOK_DATA_DIR',
    /Make it your own: .*chmod 700/,
  ),
]);
