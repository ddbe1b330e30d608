import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDeployStage, createRunningStage, SETTINGS } from '../support/programs/stub-docker.ts';

const READ_ONLY = /^(info$|inspect |volume inspect |compose version$|compose .* config --quiet$)/;

test('--help explains the options with an example and asks nothing of Docker', async () => {
  const stage = createDeployStage();
  const { status, output } = await stage.run(['--help']);
  expect(status).toBe(0);
  expect(output).toContain('cp .env.byok .env');
  for (const option of ['--check', '--yes', '--setup', '--env-file', '--timeout']) expect(output).toContain(option);
  expect(() => stage.calls()).toThrow();
});

test.each([[['--force']], [['--timeout', 'soon']], [['--env-file']]])(
  'wrong usage %j says so and exits with 2',
  async (args) => {
    const { status, output } = await createDeployStage().run(args);
    expect(status).toBe(2);
    expect(output).toContain('Usage:');
  },
);

test.each([
  ['the script', 'deploy-byok.sh', ''],
  ['its folder', '', 'deploy-byok.sh'],
])('it can be called from any folder, through a link to %s too', async (_what, target, below) => {
  const stage = createDeployStage();
  const link = join(stage.checkout, '..', 'link');
  symlinkSync(join(stage.checkout, target), link);
  const { status, output } = await stage.run(['--check'], {}, join(link, below));
  expect(output).toContain('Everything is in order');
  expect(status).toBe(0);
});

test('every missing setting is named at once, beside the other problems', async () => {
  const stage = createDeployStage({ BYOK_DOMAIN: '', REDIS_PASSWORD: '', KEYCLOAK_CLIENT_SECRET: '' });
  stage.put('fail/engine');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('BYOK_DOMAIN KEYCLOAK_CLIENT_SECRET REDIS_PASSWORD');
  expect(output).toContain('the Docker engine does not answer');
});

test('a missing env file is said with the command that makes one', async () => {
  const { status, output } = await createDeployStage().run(['--env-file', 'nowhere.env']);
  expect(status).toBe(1);
  expect(output).toContain('cp .env.byok .env');
});

test('the compose plugin is asked for where it is missing', async () => {
  const stage = createDeployStage();
  stage.put('fail/compose-plugin');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('install the compose plugin');
});

test.each([
  ['REDIS_PASSWORD', 'with@sign-and-length', '12 or more letters and digits'],
  ['BYOK_DB_PASSWORD', 'short', '12 or more letters and digits'],
  ['BYOK_DOMAIN', 'https://ops.example.com', 'must be a host name'],
  ['AUTH_DOMAIN', 'ops.example.com', 'must differ'],
  ['BYOK_SERVICE_NAME', 'redis', 'none of the other services'],
  ['BYOK_SERVICE_NAME', 's/x/y/', 'must be letters'],
])('%s=%s is refused, and no secret is shown', async (name, value, reason) => {
  const { status, output } = await createDeployStage({ [name]: value }).run();
  expect(status).toBe(1);
  expect(output).toContain(reason);
  for (const [setting, secret] of Object.entries({ ...SETTINGS, [name]: value }))
    if (/PASSWORD|SECRET|_KEY$/.test(setting)) expect(output).not.toContain(secret);
});

test('an env file that others can read is warned about', async () => {
  const stage = createDeployStage();
  chmodSync(stage.envFile, 0o644);
  expect((await stage.run(['--check'])).output).toContain('chmod 600');
  chmodSync(stage.envFile, 0o600);
  expect((await stage.run(['--check'])).output).not.toContain('chmod 600');
});

test('settings are read as compose reads them: quotes, comments, export, the last of several, the environment first', async () => {
  const stage = createDeployStage({ BYOK_DOMAIN: '', AUTH_DOMAIN: '', REDIS_PASSWORD: '', BYOK_DB_PASSWORD: '' });
  const lines = [
    'export BYOK_DOMAIN = "ops.example.com" # ours',
    "AUTH_DOMAIN='auth.example.com'\r",
    'REDIS_PASSWORD=bad',
    'REDIS_PASSWORD=a-good-redis-password # the last counts',
    '# BYOK_DB_PASSWORD=a-good-database-password',
  ];
  writeFileSync(stage.envFile, `${readFileSync(stage.envFile, 'utf8')}${lines.join('\n')}`);
  const missing = await stage.run(['--check']);
  expect(missing.output).toContain('1 problem(s)');
  expect(missing.output).toMatch(/not set in .*: BYOK_DB_PASSWORD$/m);
  expect((await stage.run(['--check'], { BYOK_DB_PASSWORD: 'a-good-database-password' })).status).toBe(0);
});

test('--check changes nothing and asks Docker only what changes nothing', async () => {
  const stage = createRunningStage();
  const before = readFileSync(stage.envFile, 'utf8');
  const { status, output } = await stage.run(['--check']);
  expect(status).toBe(0);
  expect(output).toContain('Nothing was changed');
  expect(stage.calls().filter((call) => !READ_ONLY.test(call))).toEqual([]);
  expect(stage.calls().some((call) => call.includes('config --quiet'))).toBe(true);
  expect(readFileSync(stage.envFile, 'utf8')).toBe(before);
});

test('a compose file that is not valid with these settings stops before anything is built', async () => {
  const stage = createDeployStage();
  stage.put('fail/compose-config');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('compose file is not valid');
  expect(stage.calls().some((call) => call.startsWith('build'))).toBe(false);
});

test('a container of the same name that belongs to another project is left alone', async () => {
  const stage = createRunningStage();
  stage.put('container/owner', 'old-platform');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('set BYOK_CONTAINER_NAME');
  expect(stage.runningImage()).toBe('old');
});
