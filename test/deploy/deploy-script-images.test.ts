import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunningStage, type DeployStage } from '../support/programs/stub-docker.ts';

const lockOf = (stage: DeployStage): string[][] =>
  readFileSync(join(stage.checkout, 'deploy/images.lock'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
const lookUps = (stage: DeployStage): number => stage.calls().filter((call) => call.startsWith('buildx')).length;

test('a deployment looks up the digest of every image, keeps it, and the next one uses what was kept', async () => {
  const stage = createRunningStage();
  expect((await stage.run()).status).toBe(0);
  const locked = lockOf(stage);
  expect(locked.map(([tag]) => tag)).toEqual([
    'node:24-slim',
    'quay.io/keycloak/keycloak:26.7.4',
    'caddy:2-alpine',
    'postgres:17-alpine',
    'redis:8-alpine',
  ]);
  for (const [, digest] of locked) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  const [, , caddy, , redis] = locked.map(([tag, digest]) => `${tag}@${digest}`);
  expect(stage.imagesStarted()).toEqual([caddy, redis]);

  stage.put('moved', 'by somebody');
  expect((await stage.run()).status).toBe(0);
  expect([lookUps(stage), lockOf(stage), stage.imagesStarted()]).toEqual([5, locked, [caddy, redis]]);

  expect((await stage.run(['--update-images'])).status).toBe(0);
  expect(lookUps(stage)).toBe(10);
  expect(lockOf(stage)).not.toEqual(locked);
});

test('only a tag that is new is looked up, and a digest of one’s own stays as it is', async () => {
  const stage = createRunningStage();
  await stage.run();
  const own = `redis@sha256:${'a'.repeat(64)}`;
  writeFileSync(
    stage.envFile,
    `${readFileSync(stage.envFile, 'utf8')}BYOK_CADDY_IMAGE=caddy:3\nBYOK_REDIS_IMAGE=${own}\n`,
  );
  expect((await stage.run()).status).toBe(0);
  expect(lookUps(stage)).toBe(6);
  expect(stage.imagesStarted()).toEqual([expect.stringMatching(/^caddy:3@sha256:/), own]);
});

test('without buildx a pull says the digest', async () => {
  const stage = createRunningStage();
  stage.put('fail/buildx');
  expect((await stage.run()).status).toBe(0);
  expect(stage.imagesStarted()).toEqual([
    expect.stringMatching(/^caddy:2-alpine@sha256:[0-9a-f]{64}$/),
    expect.any(String),
  ]);
});

test('an image that cannot be found stops before anything is built, and nothing is kept', async () => {
  const stage = createRunningStage();
  for (const what of ['buildx', 'pull']) stage.put(`fail/${what}`);
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('the image node:24-slim cannot be found. Check its name in BYOK_NODE_IMAGE');
  expect(stage.calls().some((call) => call.startsWith('build '))).toBe(false);
  expect(existsSync(join(stage.checkout, 'deploy/images.lock'))).toBe(false);
});
