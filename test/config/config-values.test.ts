// What single variables accept, and what the problems say and never say.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/variables.ts';

type Env = Readonly<Record<string, string>>;
const [KEY, OLD_KEY] = [0, 1].map(() => `${randomBytes(32).toString('base64url')}=`) as [string, string];
const KEYCLOAK: Env = {
  KEYCLOAK_URL: 'https://auth.example.com',
  KEYCLOAK_CLIENT_SECRET: 'secret',
  ENCRYPTION_KEY: KEY,
};

function problemsOf(env: Env): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const INVALID: readonly (readonly [string, readonly string[]])[] = [
  ['NODE_ENV', ['prod', 'Production', 'staging']],
  ['PORT', ['-1', '65536', '80.5', 'http', '0x50', '1e3', '8084 8085']],
  ['BASE_PATH', ['byok', '/byok/', '/', '//byok', '/by ok', '/byok?x', '/../byok', '/.']],
  ['LOG_LEVEL', ['verbose', 'INFO']],
  ['DRAIN_SECONDS', ['-1', '301', 'soon']],
  ['SHUTDOWN_SECONDS', ['0', '301', 'soon']],
  ['BYOK_REQUIRE_BINDING', ['0', 'no', 'TRUE', 'yes']],
  [
    'ENCRYPTION_KEY',
    [
      ',',
      ' , ,',
      'short',
      `${KEY};${KEY}`,
      `${KEY} ${KEY}`,
      `"${KEY}"`,
      `'${KEY},${OLD_KEY}'`,
      `${KEY},${KEY}`,
      `${KEY},${OLD_KEY},${KEY.replace('=', '')}`,
    ],
  ],
  [
    'KEYCLOAK_URL',
    [
      'auth.example.com',
      'ftp://auth.example.com',
      'https://',
      'https://admin:p@auth.example.com',
      'https://auth.example.com/?x=1',
      'https://auth.example.com/?',
      'https://:p@auth.example.com',
      'https://auth.example.com/#x',
      'https://auth.example.com/realms/uchub',
      'https://auth.example.com/admin',
      'https://auth.example.com/auth/admin/master/console/',
      'https://*.example.com',
    ],
  ],
  ['KEYCLOAK_REALM', ['a/b', '..', '.', 'a?b', '50%', 'a+b', 'a;b', 'a\u0000b', 'x'.repeat(256)]],
  [
    'PUBLIC_URL',
    [
      'ops.example.com',
      'https://u:p@ops.example.com',
      'https://ops.example.com/byok',
      'https://ops.example.com?x',
      'https://*.example.com',
      'https://$DOMAIN',
      'https://ops..example.com',
      'ftp://ops.example.com',
    ],
  ],
  [
    'UPGRADE_URL',
    [
      'ops.example.com',
      'https://*.example.com/plans',
      'javascript:alert(1)',
      'https://u:p@ops.example.com',
      'https://u@ops.example.com',
    ],
  ],
  ['DATABASE_URL', ['mysql://host/db', 'host/db']],
  ['REDIS_URL', ['http://host', 'host:6379']],
  [
    'TRUSTED_PROXIES',
    [
      '1',
      '2',
      'true',
      'loopback',
      'proxy.example.com',
      '10.0.0.0/33',
      '10.0.0/8',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      'fe80::1%eth0',
      '0.0.0.0/0',
      '::/0',
      '*',
      '10.0.0.0/8,true',
    ],
  ],
  [
    'BYOK_TIER_RANKS',
    [
      'starter',
      'starter=',
      'starter=x',
      'trial=0;starter=1',
      'trial=0,',
      'starter=2',
      'trial=1,free=0,starter=2',
      'trial=0,starter=1,trial=2',
    ],
  ],
  ['BYOK_MINIMUM_TIER', ['gold', 'Starter', 'constructor', 'toString', '__proto__']],
  ['SESSION_IDLE_SECONDS', ['59', '86401', '50000']],
  ['SESSION_MAX_SECONDS', ['59', '604801', 'long']],
  ['CUSTOM_ENDPOINT_PORTS', ['0', '65536', '443;8443', 'https']],
  ['CUSTOM_ENDPOINT_ALLOW', ['https://llm.example.com', '10.0.0.0/99', 'a b', '*.example.com', '-x']],
  [
    'BYOK_OPENAI_API_URL',
    ['api.openai.com', 'https://u:p@api.openai.com', 'https://api.openai.com/v1?key=1', 'http://api.openai.com/v1'],
  ],
];

describe('values that are not valid', () => {
  it.each(INVALID)('of %s are a problem of that variable alone', (name, values) => {
    for (const value of values) {
      const names = problemsOf({ ...KEYCLOAK, [name]: value }).map((problem) => problem.split(' ')[0]);
      expect(names, JSON.stringify(value)).toEqual([name]);
    }
  });

  it('are all listed at once, each in one line, and nothing is said about the rest', () => {
    const error = (() => {
      try {
        parseConfig({
          ...KEYCLOAK,
          PORT: 'x',
          LOG_LEVEL: 'x',
          TRUSTED_PROXIES: 'true',
          TLS_KEY_FILE: 'k',
          KEYCLOAK_URL: 'x',
        });
      } catch (problem) {
        return problem as ConfigError;
      }
      throw new Error('accepted');
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'KEYCLOAK_URL',
      'TRUSTED_PROXIES',
      'TLS_CERT_FILE',
    ]);
    expect(error.message.split('\n')).toEqual([
      'The configuration has 5 problems:',
      ...error.problems.map((problem) => `  - ${problem}`),
    ]);
  });

  it('of a variable hide no problem of another: a broken KEYCLOAK_URL still means Keycloak', () => {
    expect(
      problemsOf({ NODE_ENV: 'production', KEYCLOAK_URL: 'auth.example.com' })
        .map((problem) => problem.split(' ')[0])
        .sort(),
    ).toEqual([
      'ENCRYPTION_KEY',
      'INTERNAL_PORT',
      'KEYCLOAK_CLIENT_SECRET',
      'KEYCLOAK_URL',
      'PUBLIC_URL',
      'TLS_CERT_FILE',
    ]);
  });

  it('say what is expected in plain words', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'x', NODE_ENV: 'x', HOST: '0.0.0.0' })).toEqual([
      'NODE_ENV must be development, production or test',
      'PORT must be a whole number from 0 to 65535',
      'LOG_LEVEL must be fatal, error, warn, info, debug or silent',
      'HOST must be a loopback address while no KEYCLOAK_* is set: the demo users have no passwords',
    ]);
    expect(problemsOf({ ...KEYCLOAK, ENCRYPTION_KEY: `${KEY},x` })).toEqual([
      'ENCRYPTION_KEY (number 2) is not 32 bytes of base64, which are 43 characters and `=`: copy the key again, whole, and put commas between several',
    ]);
    expect(problemsOf({ ...KEYCLOAK, ENCRYPTION_KEY: `"${KEY}"` })).toEqual([
      'ENCRYPTION_KEY is in quotes: remove them',
    ]);
    const otherSpelling = KEY.replaceAll('-', '+').replaceAll('_', '/').replace('=', '');
    expect(problemsOf({ ...KEYCLOAK, ENCRYPTION_KEY: `${KEY},${OLD_KEY},${otherSpelling}` })).toEqual([
      'ENCRYPTION_KEY (number 3) is the same key as number 1: remove one of them',
    ]);
  });
});

describe('a problem never contains what was set', () => {
  const CANARY = 'Canary7f3a';
  const shapes = [
    CANARY,
    `${CANARY} ${CANARY}`,
    `https://user:${CANARY}@host`,
    `ftp://${CANARY}`,
    `http://${CANARY}.example/realms/${CANARY}?${CANARY}`,
    `${CANARY}=0`,
    `trial=0,${CANARY.toLowerCase()}=x`,
    `${CANARY},${CANARY}`,
    `${CANARY}/8`,
    'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
  ];
  const told = (env: Env): string => {
    try {
      parseConfig(env);
    } catch (error) {
      return [String(error), (error as Error).stack, JSON.stringify(error), String((error as Error).cause)]
        .join()
        .toLowerCase();
    }
    return '';
  };

  it.each(Object.keys(VARIABLES))('in %s', (name) => {
    let refused = 0;
    for (const shape of shapes)
      for (const rest of [{}, KEYCLOAK, { NODE_ENV: 'production' }, { ...KEYCLOAK, NODE_ENV: 'production' }]) {
        const text = told({ ...rest, [name]: shape });
        if (text !== '') refused += 1;
        expect(text, shape).not.toContain(CANARY.toLowerCase());
        expect(text, shape).not.toContain('cw_0x689');
      }
    expect(refused).toBeGreaterThan(0);
  });

  it('in all of them at once', () => {
    for (const shape of shapes) {
      const text = told(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, shape])));
      expect(text).not.toBe('');
      expect(text).not.toContain(CANARY.toLowerCase());
    }
  });
});
