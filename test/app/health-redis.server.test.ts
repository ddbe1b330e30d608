// `/readyz` and the start beside a Redis that answers, and does not do what the service needs.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runProgram } from '../support/programs/run-program.ts';
import { ownedFolder, temporaryFolder } from '../support/programs/temporary-folder.ts';
import { findProgram } from '../support/servers/programs.ts';
import { type RedisServer, startRedis } from '../support/servers/redis-server.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

describe('a Redis that answers', () => {
  const folder = ownedFolder();
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis(await findProgram('redis'), folder.path);
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin?.disconnect();
    await server?.stop();
    folder.remove();
  });
  const started = async (url: string): Promise<RunningService> => {
    const service = await startService({ REDIS_URL: url });
    onTestFinished(service.stop);
    return service;
  };
  const untilReadyz = (service: RunningService, body: object): Promise<void> =>
    vi.waitFor(async () => {
      await service.health.look();
      expect(await service.client().get('/readyz')).toMatchObject({ status: 200, body });
    }, 30_000);
  const doctor = async (url: string): Promise<string> =>
    (await runProgram(process.execPath, [CLI, 'doctor'], { folder: temporaryFolder(), env: { REDIS_URL: url } }))
      .output;
  const FULL = { status: 'degraded', checks: { redis: 'unavailable' }, reasons: { redis: 'full' } };

  it('and becomes full makes the service degraded, and ready when it has room again; doctor says what to do', async () => {
    const service = await started(server.url);
    await untilReadyz(service, { status: 'ready', checks: { redis: 'ok' } });
    await admin.config('SET', 'maxmemory', '1');
    await untilReadyz(service, FULL);
    expect(await doctor(server.url)).toMatch(
      /✗ Redis: Redis \(REDIS_URL\) is full and evicts nothing\. Raise its maxmemory/,
    );
    // Full may pass: a start begins, and says it.
    await untilReadyz(await started(server.url), FULL);
    expect(service.logs.filter((line) => line.includes('is full and evicts nothing'))).toHaveLength(1);
    await admin.config('SET', 'maxmemory', '0');
    await untilReadyz(service, { status: 'ready', checks: { redis: 'ok' } });
    expect((await service.client().get('/readyz')).body).not.toHaveProperty('reasons');
    expect(await doctor(server.url)).toContain('✓ Redis: does what the service needs');
  });

  it.each([
    [
      'a password that it does not take',
      (url: string) => url.replace('://', '://nobody:secret-word@'),
      /refuses the user or the password in REDIS_URL/,
    ],
    [
      'a database number that it does not have',
      (url: string) => `${url}/99`,
      /no database of the number at the end of REDIS_URL/,
    ],
    [
      'a user without scripts',
      (url: string) => url.replace('://', '://limited:secret-word@'),
      /REDIS_URL may not do in Redis what the service does/,
    ],
  ])('and %s end the start, and doctor says the same, without the password', async (_, change, said) => {
    const rules = 'reset on >secret-word +@all -eval -evalsha ~* &*'.split(' ');
    await admin.call('ACL', 'SETUSER', 'limited', ...rules);
    const problem = await startService({ REDIS_URL: change(server.url) }).then(() => 'started', String);
    expect(problem).toMatch(said);
    const told = await doctor(change(server.url));
    expect(told).toMatch(said);
    expect(problem + told).not.toContain('secret-word');
  });

  it('and loses rights while the service runs is told as such, and not as an outage that passes', async () => {
    await admin.call('ACL', 'SETUSER', 'running', ...'reset on >secret +@all ~* &*'.split(' '));
    const service = await started(server.url.replace('://', '://running:secret@'));
    await admin.call('ACL', 'SETUSER', 'running', '-eval', '-evalsha');
    await untilReadyz(service, { status: 'degraded', reasons: { redis: 'not_permitted' } });
    await admin.call('ACL', 'SETUSER', 'running', '+@all');
    await untilReadyz(service, { status: 'ready' });
  });
});
