import { expect, test } from 'vitest';
import { createDeployStage, createRunningStage } from '../support/programs/stub-docker.ts';

test.each(['build', 'keycloak-build'])('a failing %s leaves what runs alone', async (what) => {
  const stage = createRunningStage();
  stage.put(`fail/${what}`);
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('What ran before still runs');
  expect(stage.runningImage()).toBe('old');
  expect(stage.calls().some((call) => / (up|stop) |^tag /.test(call))).toBe(false);
});

test.each([
  ['is unhealthy', 'running unhealthy', 60],
  ['has ended', 'exited -', 60],
  ['is restarted again and again', 'restarting starting', 60],
  ['never becomes healthy', 'running starting', 2],
])('where the new container %s, its log is shown and the previous image runs again', async (_what, health, timeout) => {
  const stage = createRunningStage();
  stage.put('health/new', health);
  const { status, output } = await stage.run(['--timeout', String(timeout)]);
  expect(status).toBe(1);
  expect(output).toContain('the log of new');
  expect(output.includes('not healthy and ready after')).toBe(timeout === 2);
  expect(output).toContain('The previous image runs again');
  expect(stage.runningImage()).toBe('old');
  expect(stage.imageOf('current')).toBe('old');
  expect(stage.calls().some((call) => call.endsWith('up --detach --no-build --no-deps unicorn-ops-center'))).toBe(true);
});

test('settings that the new image refuses stop before anything is replaced', async () => {
  const stage = createRunningStage();
  expect((await stage.run([], { STUB_BUILD_ID: 'good' })).status).toBe(0);
  stage.put('fail/config-check');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('the new image does not start with these settings. What ran before still runs.');
  expect([stage.runningImage(), stage.imageOf('current')]).toEqual(['good', 'good']);
  expect(stage.calls().at(-1)).toBe('tag good ops-center-byok:current');
});

test.each(['up-new', 'setup', 'migrate'])('a failure of %s goes back as well', async (what) => {
  const stage = createRunningStage();
  stage.put(`fail/${what}`);
  const { status, output } = await stage.run(['--setup']);
  expect(status).toBe(1);
  expect(output).toContain('The previous image runs again');
  expect([stage.runningImage(), stage.imageOf('current')]).toEqual(['old', 'old']);
});

test('where the one before was ready, one that is healthy but not ready is undone', async () => {
  const stage = createRunningStage();
  stage.put('fail/ready-new');
  const { status, output } = await stage.run(['--timeout', '2']);
  expect(output).toContain('not healthy and ready after 2 s');
  expect(status).toBe(1);
  expect(stage.runningImage()).toBe('old');
});

test('on the first deployment not being ready is a warning, since Keycloak may still need attention', async () => {
  const stage = createDeployStage();
  stage.put('fail/ready-new');
  const { status, output } = await stage.run();
  expect(status).toBe(0);
  expect(output).toContain('byok doctor');
});

test('a first deployment that fails is stopped, and says that there is nothing to go back to', async () => {
  const stage = createDeployStage();
  stage.put('health/new', 'running unhealthy');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('no previous image to go back to');
  expect(stage.calls().at(-1)).toMatch(/ stop unicorn-ops-center$/);
  expect(() => stage.runningImage()).toThrow();
});

test('an unhealthy image is never the one to go back to', async () => {
  const stage = createRunningStage();
  expect((await stage.run([], { STUB_BUILD_ID: 'good' })).status).toBe(0);
  stage.put('health/good', 'running unhealthy');
  stage.put('health/bad', 'running unhealthy');
  expect((await stage.run([], { STUB_BUILD_ID: 'bad' })).status).toBe(1);
  expect([stage.runningImage(), stage.imageOf('previous')]).toEqual(['old', 'old']);
});

test('where the previous image fails too, that is said', async () => {
  const stage = createRunningStage();
  await stage.run([], { STUB_BUILD_ID: 'good' });
  for (const image of ['old', 'bad']) stage.put(`health/${image}`, 'running unhealthy');
  const { status, output } = await stage.run([], { STUB_BUILD_ID: 'bad' });
  expect(status).toBe(1);
  stage.put('health/good', 'running unhealthy');
  expect(output).toContain('The previous image runs again');
  expect((await stage.run([], { STUB_BUILD_ID: 'bad' })).output).toContain('not healthy either');
});

test('where only settings changed, the failure is said to come from them', async () => {
  const stage = createRunningStage();
  await stage.run();
  stage.put('fail/up-new');
  const { status, output } = await stage.run();
  expect(status).toBe(1);
  expect(output).toContain('look at what changed in the settings');
  expect(stage.runningImage()).toBe('new');
});
