import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFernetKey } from '../../src/crypto/fernet.ts';
import { createDeployStage, SETTINGS } from '../support/programs/stub-docker.ts';

const GOOD = SETTINGS.ENCRYPTION_KEY ?? '';
const PUBLISHED = [
  'Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao=',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4',
  'cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=',
  'Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ap=',
];
const MALFORMED = ['secret', `${GOOD.slice(0, 20)}=`, `=${GOOD}`, `!${GOOD.slice(1)}`, `${GOOD}A`];
const OTHER = `${randomBytes(32).toString('base64url')}=`;
const standard = (key: string): string => key.replaceAll('-', '+').replaceAll('_', '/');

test.each([
  ...PUBLISHED.map((key) => [key, 'example from a document']),
  ...MALFORMED.map((key) => [key, 'not 32 bytes of base64']),
  ...PUBLISHED.map((key) => [`${GOOD},${key}`, 'example from a document']),
])('the key %s is refused, by the script and by the service', async (keys, reason) => {
  const { status, output } = await createDeployStage({ ENCRYPTION_KEY: keys }).run(['--check']);
  expect(status).toBe(1);
  expect(output).toContain(reason);
  expect(output).not.toContain(keys);
  expect(keys.split(',').some((key) => parseFernetKey(key).problem !== undefined)).toBe(true);
});

test.each([
  ['in quotes', `"'${GOOD}'"`, 'in quotes: remove them'],
  ['twice', `${GOOD},${OTHER},${standard(GOOD).replace('=', '')}`, 'the same key twice'],
])('a key %s is refused with the reason', async (_, keys, reason) => {
  const { status, output } = await createDeployStage({ ENCRYPTION_KEY: keys }).run(['--check']);
  expect(status).toBe(1);
  expect(output).toContain(reason);
  expect(output).not.toContain(GOOD.slice(0, 20));
});

test.each([GOOD, GOOD.replace('=', ''), standard(GOOD), `${GOOD}==`, `${GOOD}, ${OTHER}`])(
  'the key %s is accepted',
  async (keys) => {
    expect((await createDeployStage({ ENCRYPTION_KEY: keys }).run(['--check'])).status).toBe(0);
  },
);

test('where there is no data yet, a key is made, kept to the owner, warned about and never shown', async () => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '' });
  writeFileSync(stage.envFile, `ENCRYPTION_KEY=\n# a comment\n${readFileSync(stage.envFile, 'utf8').trimEnd()}`);
  const { status, output } = await stage.run(['--yes']);
  expect(output).toContain('back this key up now');
  expect(status).toBe(0);

  const [first = '', ...rest] = readFileSync(stage.envFile, 'utf8').trimEnd().split('\n');
  const key = first.replace('ENCRYPTION_KEY=', '');
  expect(parseFernetKey(key).problem).toBeUndefined();
  expect(rest).toEqual([
    '# a comment',
    ...Object.entries(SETTINGS).flatMap(([name, value]) => (name === 'ENCRYPTION_KEY' ? [] : [`${name}=${value}`])),
  ]);
  expect(statSync(stage.envFile).mode & 0o777).toBe(0o600);
  expect(output + stage.calls().join('\n')).not.toContain(key.slice(0, 20));
});

test('--check says that a key would be made, and makes none', async () => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '' });
  const { status, output } = await stage.run(['--check']);
  expect(status).toBe(0);
  expect(output).toContain('the deployment will make one');
  expect(readFileSync(stage.envFile, 'utf8')).not.toContain('ENCRYPTION_KEY');
});

test('without a terminal and without --yes no key is made', async () => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '' });
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('with --yes');
  expect(readFileSync(stage.envFile, 'utf8')).not.toContain('ENCRYPTION_KEY');
});

test.each([
  ['a database volume', {}, 'volumes/byok_postgres-data'],
  ['a data volume', {}, 'volumes/byok_byok-data'],
  ['a volume of another project name', { BYOK_PROJECT: 'keys' }, 'volumes/keys_postgres-data'],
  ['a database elsewhere', { DATABASE_URL: 'postgres://u:p@db.example.com/byok' }, undefined],
  ['a Keycloak elsewhere', { KEYCLOAK_URL: 'https://auth.example.com' }, undefined],
])('no key is made beside %s', async (_what, settings, volume) => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '', ...settings });
  if (volume !== undefined) stage.put(volume);
  const { status, output } = await stage.run(['--yes']);
  expect(status).toBe(1);
  expect(output).toContain('from your backup');
  expect(readFileSync(stage.envFile, 'utf8')).not.toContain('ENCRYPTION_KEY');
});

test('no key is made beside the data folder of the embedded default', async () => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '' });
  mkdirSync(join(stage.checkout, '.data'));
  expect((await stage.run(['--yes'])).status).toBe(1);
});

test('no key is made while there are other problems', async () => {
  const stage = createDeployStage({ ENCRYPTION_KEY: '', BYOK_DOMAIN: '' });
  expect((await stage.run(['--yes'])).status).toBe(1);
  expect(readFileSync(stage.envFile, 'utf8')).not.toContain('ENCRYPTION_KEY');
});

test('a key in a file is left to the new image to judge, and none is made', async () => {
  const stage = createDeployStage({
    ENCRYPTION_KEY: '',
    ENCRYPTION_KEY_FILE: '/run/secrets/key',
    KEYCLOAK_CLIENT_SECRET: '',
    KEYCLOAK_CLIENT_SECRET_FILE: '/run/secrets/client',
  });
  const { status, output } = await stage.run(['--yes']);
  expect([status, output]).toEqual([0, expect.not.stringContaining('ENCRYPTION_KEY made')]);
  expect(readFileSync(stage.envFile, 'utf8')).not.toMatch(/^ENCRYPTION_KEY=/m);
});
