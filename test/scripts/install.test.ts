// `npm start` and `npm run byok` install first: only where that is needed, and never so that nothing is left.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  createInstallStage,
  type FakeRegistry,
  type InstallStage,
  startFakeRegistry,
} from '../support/programs/fake-registry.ts';

let registry: FakeRegistry;
let stage: InstallStage;

beforeEach(async () => {
  registry = await startFakeRegistry();
  stage = await createInstallStage(registry);
});

const inodeOfTree = (): number => statSync(join(stage.root, 'node_modules')).ino;
const besides = (): string[] => readdirSync(stage.root).filter((name) => name.startsWith('.node_modules'));

it('installs what is missing, leaves nothing beside it, and does nothing the second time', async () => {
  const first = await stage.install();
  expect(first).toMatchObject({ status: 0, errors: expect.stringContaining('Installing dependencies') });
  expect(stage.versionOf('one')).toBe('1.0.0');
  const tree = inodeOfTree();
  expect(await stage.install()).toEqual({ status: 0, output: '', errors: '' });
  expect([inodeOfTree(), besides()]).toEqual([tree, []]);
});

it.each(['ci', 'install'])('takes what `npm %s` has installed as it is, also without a network', async (command) => {
  expect((await stage.npm(command)).status).toBe(0);
  const tree = inodeOfTree();
  await registry.close();
  expect(await stage.install('--quiet')).toEqual({ status: 0, output: '', errors: '' });
  expect(inodeOfTree()).toBe(tree);
});

it.each<[string, () => unknown]>([
  ['another version', () => stage.lock({ one: '2.0.0' })],
  ['one package more', () => stage.lock({ one: '1.0.0', two: '2.0.0' })],
  ['one package less', () => stage.lock({ two: '1.0.0' })],
  ['a package that somebody deleted', () => rmSync(join(stage.root, 'node_modules', 'one'), { recursive: true })],
  ['no list of what is there', () => rmSync(join(stage.root, 'node_modules', '.package-lock.json'))],
  [
    'a link that leads nowhere',
    () => {
      rmSync(join(stage.root, 'node_modules'), { recursive: true });
      symlinkSync('node_modules', join(stage.root, 'node_modules'));
    },
  ],
])('installs again where there is %s', async (_, change) => {
  await stage.install();
  await change();
  expect(await stage.install()).toMatchObject({ status: 0, errors: expect.stringContaining('Installing') });
  expect((await stage.npm('ls', '--all')).status).toBe(0);
  expect((await stage.install()).errors).toBe('');
});

it('without a network keeps the old tree, and says so in one sentence', async () => {
  await stage.install();
  await stage.lock({ one: '2.0.0' });
  const tree = inodeOfTree();
  await registry.close();
  stage.forgetCache();
  const { status, errors } = await stage.install('--quiet');
  expect(status).toBe(1);
  expect(errors.trim().split('\n')).toEqual([
    expect.stringMatching(/^The dependencies could not be installed, and nothing was changed: .*Check the network/),
  ]);
  expect([stage.versionOf('one'), inodeOfTree(), besides()]).toEqual(['1.0.0', tree, []]);
});

it('without a network and without a tree leaves none', async () => {
  await registry.close();
  stage.forgetCache();
  expect(await stage.install('--quiet')).toMatchObject({
    status: 1,
    errors: expect.stringContaining('Check the network'),
  });
  expect(existsSync(join(stage.root, 'node_modules'))).toBe(false);
});

it('a lockfile that npm refuses says what npm said', async () => {
  writeFileSync(join(stage.root, 'package.json'), JSON.stringify({ name: 'stage', dependencies: { one: '9.9.9' } }));
  const { status, errors } = await stage.install();
  expect(status).toBe(1);
  expect(errors).toContain('npm ci failed. It said:');
});

it('two at once take turns, and the second takes what the first has installed', async () => {
  const both = await Promise.all([stage.install(), stage.install()]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  // Not how often something was fetched: npm may have it in its cache.
  const said = both.map(({ errors }) => errors).join('');
  expect(said.match(/Installing dependencies/g)).toHaveLength(1);
  expect(stage.versionOf('one')).toBe('1.0.0');
});

it('goes on where an installation was killed: at work, or between the two trees', async () => {
  await stage.install();
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const left = join(stage.root, '.node_modules.new');
  mkdirSync(left);
  writeFileSync(join(left, 'pid'), String(gone.pid));
  renameSync(join(stage.root, 'node_modules'), join(stage.root, '.node_modules.old'));
  await registry.close();
  stage.forgetCache();
  expect(await stage.install('--quiet')).toEqual({ status: 0, output: '', errors: '' });
  expect([stage.versionOf('one'), besides()]).toEqual(['1.0.0', []]);
});

it('replaces nothing under a running service of this folder, and knows one that was killed', async () => {
  await stage.install();
  const module = new URL('../../src/app/running-mark.ts', import.meta.url).href;
  const program = `const { markRunning } = await import(${JSON.stringify(module)}); markRunning(${JSON.stringify(stage.root)}); setInterval(() => {}, 1e6); setTimeout(() => console.log('ready'), 200)`;
  const service = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  await once(service.stdout, 'data');
  expect((await stage.install()).status).toBe(0);
  await stage.lock({ one: '2.0.0' });
  const refused = await stage.install('--quiet');
  expect(refused.status).toBe(1);
  expect(refused.errors).toContain(`a service runs from this folder (process ${service.pid})`);
  expect(stage.versionOf('one')).toBe('1.0.0');
  service.kill('SIGKILL');
  await once(service, 'exit');
  expect((await stage.install('--quiet')).status).toBe(0);
  expect(stage.versionOf('one')).toBe('2.0.0');
});
