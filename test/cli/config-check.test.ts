// `byok config check`: everything that a start would refuse, at once, without anything outside.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT_VARIABLES } from '../../scripts/deployment-variables.ts';
import { checkConfig } from '../../src/config/check-config.ts';
import { NAMES_ELSEWHERE } from '../../src/config/names-elsewhere.ts';
import { NAMES_OF_OTHERS } from '../../src/config/unknown-variables.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { KEY, KEYCLOAK, PRODUCTION } from '../config/environments.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { ownedFolder, temporaryFolder } from '../support/programs/temporary-folder.ts';
import { createCertificateAuthority } from '../support/service/certificates.ts';

type Env = Readonly<Record<string, string>>;
const saidOf = (env: Env) => checkConfig(env).findings.map(({ level, message }) => `${level} ${message}`);

/** Writes it and returns the path. */
function file(content: string): string {
  const path = join(temporaryFolder(), 'file.pem');
  writeFileSync(path, content);
  return path;
}

describe('byok config check', () => {
  const check = (env: Env, ...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', 'config', 'check', ...args], { folder: process.cwd(), env });

  it('says every problem at once, with status 1, and shows no secret', async () => {
    const { status, output } = await check({
      ...PRODUCTION,
      BYOK_MINIMUM_TIER: 'gold',
      LOG_LEVEL: 'loud',
      TLS_CERT_FILE: '/nowhere/cert.pem',
      TRUSTED_PROXIES: 'everybody',
      BYOK_MINIMUM_TEIR: 'starter',
      KEYCLOAK_CLIENT_SECRET: '',
      KEYCLOAK_CLIENT_SECRET_FILE: '/nowhere/secret',
    });
    expect(status).toBe(1);
    for (const name of [
      'BYOK_MINIMUM_TIER ',
      'LOG_LEVEL ',
      'TLS_CERT_FILE ',
      'TRUSTED_PROXIES ',
      'KEYCLOAK_CLIENT_SECRET_FILE ',
    ])
      expect(output).toContain(`✗ ${name}`);
    expect(output).toContain('BYOK_MINIMUM_TEIR is not read by the service: did you mean BYOK_MINIMUM_TIER?');
    expect(output).not.toContain(KEY);
  });

  it('is content with good settings, and with --json prints nothing else', async () => {
    expect(await check(PRODUCTION)).toMatchObject({
      status: 0,
      output: 'The service would start with these settings.\n',
    });
    expect(JSON.parse((await check(PRODUCTION, '--json')).output)).toEqual([]);
  });

  it('explains itself with an example', async () => {
    expect((await check({}, '--help')).output).toContain('$ byok config check');
  });
});

describe('of files', () => {
  let folder: ReturnType<typeof ownedFolder>;
  const authority = createCertificateAuthority();
  const [pair, other, expired, foreign] = [{}, {}, { days: -3 }, {}].map((options, index) =>
    authority.issue([index === 3 ? 'elsewhere.example.com' : 'ops.example.com'], options),
  );
  beforeAll(() => {
    folder = ownedFolder();
    return folder.remove;
  });
  const tls = (cert = '', key = '') => saidOf({ ...PRODUCTION, TLS_CERT_FILE: file(cert), TLS_KEY_FILE: file(key) });

  it('a pair that belongs together is fine', () => {
    expect(tls(pair?.cert, pair?.key)).toEqual([
      expect.stringContaining('warn TLS_CERT_FILE holds a certificate that runs out on'),
    ]);
  });

  it.each<[string, () => string[], string]>([
    ['the key of another certificate', () => tls(pair?.cert, other?.key), 'fail TLS_KEY_FILE is not the key of'],
    [
      'an expired certificate',
      () => tls(expired?.cert, expired?.key),
      'fail TLS_CERT_FILE holds a certificate that ran out on',
    ],
    [
      'a certificate for another host',
      () => tls(foreign?.cert, foreign?.key),
      'warn TLS_CERT_FILE holds a certificate that is not for ops.example.com',
    ],
    [
      'something that is no certificate',
      () => tls('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', pair?.key),
      'which holds no certificate that can be read',
    ],
    [
      'something that is no key',
      () => tls(pair?.cert, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
      'which holds no private key that can be read',
    ],
    ['a file that is no PEM', () => tls('hello', pair?.key), 'which is not a PEM file'],
    [
      'a missing file',
      () => saidOf({ ...KEYCLOAK, KEYCLOAK_CA_FILE: '/nowhere/ca.pem' }),
      'fail KEYCLOAK_CA_FILE names /nowhere/ca.pem, which cannot be read (ENOENT)',
    ],
    [
      'a key where an authority belongs',
      () => saidOf({ ...KEYCLOAK, PROBE_CA_FILE: file(pair?.key ?? '') }),
      'fail PROBE_CA_FILE names',
    ],
    [
      'a folder',
      () => saidOf({ ...KEYCLOAK, PROBE_CA_FILE: '/' }),
      'fail PROBE_CA_FILE names /, which cannot be read (EISDIR)',
    ],
  ])('%s is found', (_, said, what) => {
    expect(said().join('\n')).toContain(what);
  });

  it('a data folder that others can write, or that is none, is found', () => {
    const open = join(folder.path, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(saidOf({ BYOK_DATA_DIR: open })).toEqual([expect.stringContaining('can be written by other users')]);
    expect(saidOf({ BYOK_DATA_DIR: file('') })).toEqual([expect.stringContaining('is not a folder')]);
    expect(saidOf({ BYOK_DATA_DIR: join(folder.path, 'new') })).toEqual([]);
  });
});

describe('of addresses to listen on', () => {
  it('one that is well-formed and of another machine is a warning', () => {
    expect(saidOf({ ...PRODUCTION, HOST: '192.0.2.1' })).toEqual([
      expect.stringContaining('warn HOST is 192.0.2.1, which is no address of this machine'),
    ]);
    for (const HOST of ['0.0.0.0', '::', '127.0.0.2', 'localhost']) expect(saidOf({ ...PRODUCTION, HOST })).toEqual([]);
  });
});

describe('of names', () => {
  const embedded = () => ({ BYOK_DATA_DIR: join(temporaryFolder(), 'x') });

  it.each([
    ['BYOK_MINIMUM_TEIR', 'BYOK_MINIMUM_TIER'],
    ['ENCRYPTON_KEY', 'ENCRYPTION_KEY'],
    ['ENCRYPTION_KEYS', 'ENCRYPTION_KEY'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['TRUST_PROXY', 'TRUSTED_PROXIES'],
    ['TLS_CERT', 'TLS_CERT_FILE'],
    ['TLS_KEY', 'TLS_KEY_FILE'],
    ['RATE_LIMIT', 'RATE_LIMIT_PER_MINUTE'],
    ['POSTGRES_URL', 'DATABASE_URL'],
    ['POSTGRES_DSN', 'DATABASE_URL'],
    ['REDIS_HOST', 'REDIS_URL'],
    ['FERNET_KEY', 'ENCRYPTION_KEY'],
    ['SESION_IDLE_SECONDS', 'SESSION_IDLE_SECONDS'],
    ['BYOK_OPENAI_SYSTEMKEY', 'BYOK_OPENAI_SYSTEM_KEY'],
    ['ENCRYPTION_KEY_FLIE', 'ENCRYPTION_KEY_FILE'],
    ['DATABSE_URL_FILE', 'DATABASE_URL_FILE'],
  ])('%s is a slip of the pen', (name, meant) => {
    expect(saidOf({ ...embedded(), [name]: 'x' })).toEqual([
      `fail ${name} is not read by the service: did you mean ${meant}?`,
    ]);
  });

  it('a name that other software uses is one too beside a setting for Keycloak', () => {
    for (const name of ['KEYCLOAK_SERVER_URL', 'KEYCLOAK_HOST', 'KEYCLOAK_ISSUER'])
      expect(saidOf({ ...PRODUCTION, [name]: 'x' })).toEqual([
        `fail ${name} is not read by the service: did you mean KEYCLOAK_URL?`,
      ]);
  });

  it('every name of other software leads to one of ours, and is none itself', () => {
    for (const [name, ours] of NAMES_ELSEWHERE) {
      expect(Object.keys(VARIABLES)).toContain(ours);
      expect(Object.keys(VARIABLES)).not.toContain(name);
      expect(NAMES_OF_OTHERS.has(name), name).toBe(false);
    }
  });

  it('another name that only we could read is not read, and a file is for secrets', () => {
    expect(saidOf({ ...embedded(), BYOK_COLOUR: 'x' })).toEqual([
      expect.stringContaining('fail BYOK_COLOUR is not read'),
    ]);
    expect(saidOf({ ...embedded(), LOG_LEVEL_FILE: '/x' })).toEqual([
      'fail LOG_LEVEL_FILE is not read: only secrets come from files. Set LOG_LEVEL',
    ]);
    expect(saidOf({ ...embedded(), BYOK_COLOUR_FILE: '/x' })).toEqual([
      expect.stringContaining('BYOK_COLOUR_FILE is not read'),
    ]);
  });

  it('names of others, empty ones and what Kubernetes sets are left alone', () => {
    const others = {
      PATH: '/bin',
      HOME: '/',
      POSTGRES_DB: 'x',
      SESSION_MANAGER: 'x',
      REDIS_VERSION: '8',
      NODE_OPTIONS: '',
    };
    const kubernetes = {
      BYOK_SERVICE_HOST: '10.0.0.1',
      BYOK_SERVICE_PORT: '8084',
      BYOK_PORT: 'tcp://10.0.0.1:8084',
      BYOK_PORT_8084_TCP_ADDR: '10.0.0.1',
    };
    expect(saidOf({ ...embedded(), ...others, ...kubernetes, BYOK_MINIMUM_TEIR: ' ' })).toEqual([]);
  });

  it('every name of a deployment is known, and none that is ours', () => {
    expect(Object.keys(DEPLOYMENT_VARIABLES).filter((name) => !NAMES_OF_OTHERS.has(name))).toEqual([]);
    expect([...NAMES_OF_OTHERS].filter((name) => name in VARIABLES)).toEqual([]);
  });
});
