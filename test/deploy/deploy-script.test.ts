import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { commitAll, createDeployStage, createRunningStage, type DeployStage } from '../support/programs/stub-docker.ts';

/** The calls that change something, without the options that are always there. */
const changes = (stage: DeployStage): string[] =>
  stage
    .calls()
    .map((call) => call.replace(/^compose (--\S+ \S+ )+/, 'compose '))
    .filter((call) => /^(build |tag|compose (up|run|build|stop|cp))/.test(call))
    .map((call) => call.replaceAll(/:\d{14}\b/g, ':REVISION').replace(/^build .*--tag/, 'build --tag'));

test('an update builds first, keeps the old image as previous, then starts and waits for health', async () => {
  const stage = createRunningStage();
  const { status, output } = await stage.run();
  expect(output).toContain('Deployed ops-center-byok:');
  expect(output).toContain('https://ops.example.com');
  expect(status).toBe(0);
  expect(changes(stage)).toEqual([
    `build --tag ops-center-byok:REVISION ${stage.checkout}`,
    'compose build --quiet keycloak',
    'tag old ops-center-byok:previous',
    'tag ops-center-byok:REVISION ops-center-byok:current',
    'compose run --rm --no-deps -T unicorn-ops-center byok config check',
    'compose run --rm -T unicorn-ops-center byok migrate',
    'compose up --detach --no-build',
  ]);
  expect([stage.imageOf('previous'), stage.imageOf('current')]).toEqual(['old', 'new']);
  expect(stage.runningImage()).toBe('new');
});

test('the image carries the commit and the version of package.json', async () => {
  const stage = createRunningStage();
  commitAll(stage.checkout);
  await stage.run();
  const { version } = JSON.parse(readFileSync(join(stage.checkout, 'package.json'), 'utf8'));
  const build = () => stage.calls().findLast((call) => call.startsWith('build'));
  expect(build()).toMatch(
    new RegExp(
      `VERSION=${version} --build-arg REVISION=([0-9a-f]{12}) --build-arg NODE_IMAGE=node:24-slim@sha256:[0-9a-f]{64} --tag ops-center-byok:\\1 `,
    ),
  );
  appendFileSync(join(stage.checkout, 'deploy-byok.sh'), '# changed\n');
  await stage.run();
  expect(build()).toMatch(/:[0-9a-f]{12}-modified /);
});

test('the first deployment prepares the realm before the service starts; later ones only with --setup', async () => {
  const first = createDeployStage();
  expect((await first.run()).status).toBe(0);
  expect(changes(first).slice(-3)).toEqual([
    'compose run --rm -T keycloak-setup',
    'compose run --rm -T unicorn-ops-center byok migrate',
    'compose up --detach --no-build',
  ]);

  const later = createRunningStage();
  await later.run(['--setup']);
  expect(changes(later)).toContain('compose run --rm -T keycloak-setup');
});

test('with an internal authority Caddy starts first, and its certificate reaches the others', async () => {
  const stage = createDeployStage({ BYOK_TLS: 'internal' });
  expect((await stage.run()).status).toBe(0);
  const made = changes(stage);
  expect(made.indexOf('compose up --detach caddy')).toBeLessThan(made.indexOf('compose run --rm -T keycloak-setup'));
  expect(readFileSync(join(stage.checkout, 'deploy/ca/caddy-root.crt'), 'utf8')).toBe('certificate\n');
  expect(stage.startedWith().at(-1)).toBe('KEYCLOAK_CA_FILE=/etc/byok/ca/caddy-root.crt');
});

test('a second deployment of the same image keeps the image to go back to', async () => {
  const stage = createRunningStage();
  await stage.run();
  expect((await stage.run()).status).toBe(0);
  expect(stage.imageOf('previous')).toBe('old');
});

test('the names of container, service, image and project can be others', async () => {
  const names = {
    BYOK_CONTAINER_NAME: 'key-service',
    BYOK_SERVICE_NAME: 'keys',
    BYOK_PROJECT: 'platform-keys',
    BYOK_IMAGE: 'registry.example.com/keys',
  };
  const stage = createDeployStage(names);
  const { status } = await stage.run([], { STUB_OWNER: 'platform-keys', STUB_IMAGE: 'registry.example.com/keys' });
  expect(status).toBe(0);
  const generated = join(stage.checkout, 'deploy/generated/docker-compose.yml');
  const { 'unicorn-ops-center': renamed, ...others } = parse(
    readFileSync(join(stage.checkout, 'docker-compose.ops-center-sso.yml'), 'utf8'),
    { merge: true },
  ).services;
  expect(parse(readFileSync(generated, 'utf8'), { merge: true }).services).toEqual({ ...others, keys: renamed });
  const ups = stage.calls().filter((call) => call.includes(' up '));
  expect(ups).not.toEqual([]);
  for (const call of ups) expect(call).toContain(`--project-name platform-keys --project-directory ${stage.checkout}`);
  for (const call of ups) expect(call).toContain(`--file ${generated} `);
  expect(
    stage
      .calls()
      .filter((call) => call.startsWith('inspect'))
      .every((call) => call.endsWith(' key-service')),
  ).toBe(true);
});

test('two deployments at once: the second is refused, the first goes on', async () => {
  const stage = createRunningStage();
  stage.put('fail/build-waits');
  const first = stage.run();
  await vi.waitFor(() => expect(stage.calls().some((call) => call.startsWith('build'))).toBe(true), 20_000);
  const second = await stage.run();
  expect(second.status).toBe(1);
  expect(second.output).toContain('Another deployment is running');
  rmSync(join(stage.checkout, '../engine/fail/build-waits'));
  expect((await first).status).toBe(0);
  expect(existsSync(join(stage.checkout, 'deploy/generated/lock'))).toBe(true);
  expect((await stage.run()).status).toBe(0);
});
