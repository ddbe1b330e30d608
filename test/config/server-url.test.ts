// Addresses with a password in them: what moves the host elsewhere is refused, and no part of it is shown.
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { problemsOf } from './environments.ts';

const HINT = 'in a user name or password, write / as %2F, @ as %40, # as %23, ? as %3F and % as %25';
const POSTGRES = ['DATABASE_URL', 'DATABASE_MIGRATION_URL'];
const withDatabase = (env: Record<string, string>) => ({ DATABASE_URL: 'postgres://u:p@host/db', ...env });

/** What stands between `user:` and `@host`, and is not percent-encoded. */
const PASSWORDS = [
  'ab/cd+ef==',
  '12345/cd',
  '/cd',
  'canary@ss#w/rd',
  'canary@ss/rd',
  'canary@ss?rd',
  'canary#rd',
  '12#rd',
  'canary?rd',
  '12?rd',
  '12?a=b',
  '12/ab?c',
  '%ff',
];

describe('a password that is not percent-encoded', () => {
  it.each(PASSWORDS)('%s in an address of PostgreSQL is refused with what to write', (password) => {
    for (const name of POSTGRES)
      for (const end of ['host/byok', 'host:5432/byok?sslmode=require']) {
        const { names, text } = problemsOf(withDatabase({ [name]: `postgres://byok_app:${password}@${end}` }));
        expect(names).toEqual([name]);
        expect(text).toContain(`${name} must be an address such as postgres://user:password@host/database; ${HINT}`);
        for (const part of [password, 'canary', 'byok_app', 'require']) expect(text).not.toContain(part);
      }
  });

  it.each([...PASSWORDS, '50%off'])('%s in an address of Redis is refused with what to write', (password) => {
    for (const start of ['redis://', 'rediss://u', 'redis+sentinel://'])
      for (const end of start.includes('sentinel') ? ['s1:1,s2:2/prime/3', 's1'] : ['host', 'host:6379/0']) {
        const { names, text } = problemsOf({ REDIS_URL: `${start}:${password}@${end}` });
        expect(names).toEqual(['REDIS_URL']);
        expect(text).toContain(HINT);
        for (const part of [password, 'canary']) expect(text).not.toContain(part);
      }
  });

  it('is refused in a user name too, and where an env file ended the line at its #', () => {
    for (const login of ['a/b:p@host', 'a?b:p@host', 'a#b:p@host', 'byok_app:p'])
      expect(problemsOf({ DATABASE_URL: `postgres://${login}` }).text).toContain(HINT);
  });

  it('is not what is said where something else is wrong', () => {
    for (const env of [
      { DATABASE_URL: 'mysql://u:p@host/db' },
      { REDIS_URL: 'redis://host:6379/main' },
      { REDIS_URL: 'http://u:p@host' },
    ]) {
      const { text } = problemsOf(env);
      expect(text).toContain('must be an address such as');
      expect(text).not.toContain('%2F');
    }
  });
});

describe('an address', () => {
  it.each([
    'postgres://host',
    'postgres://host?sslmode=require',
    'postgres:///byok?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/byok',
    'postgresql://u:ab%2Fcd+ef==@host:5432/byok?sslmode=require&application_name=byok@a',
    'postgres://u:p%40ss%23w%2Frd@[::1]/my%40db',
    'postgres://host/db?user=me@site&password=p',
    'postgres://u:p@ss@host/db',
    'postgres://u:50%off@host/db',
  ])('%s is one of PostgreSQL', (address) => {
    for (const name of POSTGRES) expect(problemsOf(withDatabase({ [name]: address })).text).toBe('');
    expect(parseConfig({ DATABASE_URL: address }).databaseUrl).toBe(address);
  });

  it.each([
    'redis://:ab%2Fcd+ef==@host:6379/0?family=6',
    'rediss://u:p%40ss%23@[::1]:6379',
    'redis+sentinel://:p%40%2F%23@s1:1,s2:2/prime/3?sentinel_username=w@x&sentinel_password=y@z',
  ])('%s is one of Redis', (address) => {
    expect(parseConfig({ REDIS_URL: address }).redisUrl).toBe(address);
  });
});
