// Every secret can come from a file: X_FILE names it.
import { chmodSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { readSecretFiles, SECRET_NAMES } from '../../src/config/secret-files.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import { KEY, KEYCLOAK, OLD_KEY, PRODUCTION, problemsOf, without } from './environments.ts';

/** Writes it and returns the path. */
function file(content: string | Buffer, mode = 0o600): string {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const VALUES: Readonly<Record<string, string>> = {
  METRICS_TOKEN: 'metrics-token-of-a-test',
  ENCRYPTION_KEY: `${KEY},${OLD_KEY}`,
  KEYCLOAK_CLIENT_SECRET: 'client secret with a space',
  KEYCLOAK_ADMIN_PASSWORD: 'admin-password',
  DATABASE_URL: 'postgres://u:p@host/db',
  DATABASE_MIGRATION_URL: 'postgres://o:p@host/db',
  REDIS_URL: 'redis://:p@host:6379',
  AUDIT_ANCHOR_URL: 'https://witness.example.com/x',
};
const goodValue = (name: string): string => VALUES[name] ?? 'system-key-0123456789';
const COMPLETE = {
  ...KEYCLOAK,
  KEYCLOAK_ADMIN_USERNAME: 'admin',
  DATABASE_URL: 'postgres://u:p@host/db',
  KEYCLOAK_ADMIN_PASSWORD: 'x',
};

describe('a secret in a file', () => {
  it.each(SECRET_NAMES)('%s_FILE is what the variable would be, without the line break at the end', (name) => {
    const base = without(COMPLETE, name);
    const byFile = parseConfig({ ...base, [`${name}_FILE`]: file(`${goodValue(name)}\n`) });
    expect(byFile).toEqual(parseConfig({ ...base, [name]: goodValue(name) }));
    expect(byFile).not.toEqual(parseConfig({ ...COMPLETE, ENCRYPTION_KEY: OLD_KEY }));
  });

  it('completes a configuration for production', () => {
    const env = { ...without(PRODUCTION, 'ENCRYPTION_KEY', 'KEYCLOAK_CLIENT_SECRET') };
    expect(problemsOf(env).names).toEqual(['ENCRYPTION_KEY', 'KEYCLOAK_CLIENT_SECRET']);
    expect(
      problemsOf({ ...env, ENCRYPTION_KEY_FILE: file(KEY), KEYCLOAK_CLIENT_SECRET_FILE: file('s') }).names,
    ).toEqual([]);
  });

  it.each(['\n', '\r\n', ' \n\n', '\uFEFF'])('ends where its value ends, before %j', (end) => {
    const content = end === '\uFEFF' ? `${end}secret` : `secret${end}`;
    expect(readSecretFiles({ KEYCLOAK_CLIENT_SECRET_FILE: file(content) }).env.KEYCLOAK_CLIENT_SECRET).toBe('secret');
  });

  it('as Kubernetes mounts it, behind links that change, is the one that they lead to now', () => {
    const mount = temporaryFolder();
    for (const version of ['..1', '..2']) {
      mkdirSync(join(mount, version));
      writeFileSync(join(mount, version, 'password'), `${version}\n`, { mode: 0o600 });
    }
    symlinkSync('..1', join(mount, '..data'));
    symlinkSync('..data/password', join(mount, 'password'));
    const read = () =>
      readSecretFiles({ KEYCLOAK_CLIENT_SECRET_FILE: join(mount, 'password') }).env.KEYCLOAK_CLIENT_SECRET;
    expect(read()).toBe('..1');
    symlinkSync('..2', join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    expect(read()).toBe('..2');
  });

  it.each<[string, () => string, string]>([
    ['not there', () => '/nowhere/secret', 'is not there'],
    ['a folder', () => mkdtempSync(join(temporaryFolder(), 'x')), 'is a folder: name the file in it'],
    ['a device', () => '/dev/zero', 'is not a regular file'],
    ['empty', () => file(''), 'is empty'],
    ['blank', () => file(' \n'), 'is empty'],
    ['too large', () => file('x'.repeat(70_000)), 'is larger than 64 KiB'],
    ['of several lines', () => file('first-line\nsecond-line\n'), 'holds several lines'],
    ['binary', () => file(Buffer.from([0xff, 0xfe, 0x00, 0x41])), 'is not text in UTF-8'],
    ['with a zero in it', () => file('first-line\0rest'), 'is not text in UTF-8'],
  ])('that is %s is a problem of its own, and of nothing else', (_, make, why) => {
    const { names, text } = problemsOf({
      ...without(KEYCLOAK, 'KEYCLOAK_CLIENT_SECRET'),
      KEYCLOAK_CLIENT_SECRET_FILE: make(),
    });
    expect(names).toEqual(['KEYCLOAK_CLIENT_SECRET_FILE']);
    expect(text).toContain(why);
    expect(text).not.toContain('first-line');
  });

  it('beside its variable is one too many', () => {
    const { names, text } = problemsOf({ ...KEYCLOAK, ENCRYPTION_KEY_FILE: file(KEY) });
    expect(names).toEqual(['ENCRYPTION_KEY']);
    expect(text).toContain('ENCRYPTION_KEY and ENCRYPTION_KEY_FILE are both set: keep one of them');
    expect(text).not.toContain(KEY);
    expect(problemsOf({ ...KEYCLOAK, ENCRYPTION_KEY: '', ENCRYPTION_KEY_FILE: file(KEY) }).names).toEqual([]);
  });

  it('that is no value for its variable is refused under the name of the variable, unshown', () => {
    const { names, text } = problemsOf({ ...KEYCLOAK, DATABASE_URL_FILE: file('mysql://user:hunter2@host/db') });
    expect(names).toEqual(['DATABASE_URL']);
    expect(text).not.toContain('hunter2');
  });

  it('that everybody can read is a warning, for the group it is none', () => {
    const warningsAt = (mode: number) =>
      readSecretFiles({ KEYCLOAK_CLIENT_SECRET_FILE: file('secret', mode) }).warnings;
    expect(warningsAt(0o604)).toEqual([expect.stringContaining('can be read by every user of this machine')]);
    expect(warningsAt(0o640)).toEqual([]);
  });
});
