import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import { createRedisConnection, type RedisConnection } from '../../src/redis/redis-connection.ts';
import { createStopWatch } from '../../src/redis/stop-watch.ts';
import { createRedisPlatformSessions } from '../../src/sessions/redis-platform-sessions.ts';
import { createRedisSessionStore } from '../../src/sessions/redis-session-store.ts';
import { createRedisEarlierSignIns, createRedisUsedSignIns } from '../../src/sessions/redis-sign-ins.ts';
import { someone } from '../sessions/session-store-under-test.ts';
import { startTcpProxy, type TcpProxy } from '../support/programs/tcp-proxy.ts';

const unavailable = { code: 'session_store_unavailable', status: 503 };

describe('a Redis that comes and goes', () => {
  let proxy: TcpProxy;
  let connection: RedisConnection;
  let events: string[];
  const stopWatch = createStopWatch({ everyMs: 250 });
  beforeEach(async () => {
    const { hostname, port } = new URL(inject('redisUrl'));
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    events = [];
    connection = createRedisConnection({
      url: `redis://127.0.0.1:${proxy.port}`,
      timeoutMs: 500,
      onLost: () => events.push('lost'),
      onRestored: () => events.push('restored'),
      hasJustStopped: stopWatch.hasJustStopped,
    });
  });
  afterEach(async () => {
    await connection.close();
    await proxy.close();
  });

  const recovered = () =>
    expect
      .poll(
        () =>
          connection.check().then(
            () => 'ok',
            () => 'down',
          ),
        { timeout: 10_000 },
      )
      .toBe('ok');

  /** Every call that the stores make, none of which may read as "no session". */
  function everyCall(): [string, () => Promise<unknown>][] {
    const redis = connection.client;
    const sessions = createRedisSessionStore({ redis, idleMs: 1000, maxMs: 1000 });
    const [earlier, used] = [createRedisEarlierSignIns({ redis }), createRedisUsedSignIns({ redis })];
    const platform = createRedisPlatformSessions({ redis });
    return [
      ['create', () => sessions.create(someone())],
      ['find', () => sessions.find(newToken())],
      ['list', () => sessions.list('user')],
      ['end', () => sessions.end('user', 'session')],
      ['endAll', () => sessions.endAll('user')],
      ['endByProviderSession', () => sessions.endByProviderSession('sid')],
      ['take', () => earlier.take('state')],
      ['has', () => used.has('state')],
      ['add', () => used.add('state')],
      ['platform find', () => platform.find('token')],
      ['check', () => connection.check()],
    ];
  }

  it('reads as unavailable while it is stopped, and works again by itself', async () => {
    await connection.check();
    await proxy.cut();
    for (const [name, call] of everyCall()) await expect(call(), name).rejects.toMatchObject(unavailable);
    await proxy.restore();
    await recovered();
    for (const [name, call] of everyCall()) await expect(call(), name).resolves.not.toThrow();
    expect(events).toEqual(['lost', 'restored']);
  });

  it('reads as unavailable while it hangs, and works again by itself', async () => {
    await connection.check();
    proxy.hang();
    const calls = everyCall().map(([name, call]) => expect(call(), name).rejects.toMatchObject(unavailable));
    await Promise.all(calls);
    await proxy.restore();
    await recovered();
  });

  it('is reached by a new connection when nothing comes over the present one any more', async () => {
    await connection.check();
    proxy.strand();
    await expect(connection.check()).rejects.toMatchObject(unavailable);
    await recovered();
  });

  it('may be away when the service starts', async () => {
    await proxy.cut();
    const late = createRedisConnection({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 500 });
    await expect(late.check()).rejects.toMatchObject(unavailable);
    await proxy.restore();
    await expect
      .poll(
        () =>
          late.check().then(
            () => 'ok',
            () => 'down',
          ),
        { timeout: 10_000 },
      )
      .toBe('ok');
    await late.close();
  });

  it('passes nothing of a command on in its error', async () => {
    const redis = connection.client;
    const prefix = `test-${newToken()}:`;
    const sessions = createRedisSessionStore({ redis, prefix, idleMs: 1000, maxMs: 1000 });
    const user = someone({ idToken: 'secret-id-token' });
    // Past the proxy, without the connection's short patience.
    const direct = new Redis(inject('redisUrl'));
    onTestFinished(() => direct.disconnect());
    const failing: [string, () => Promise<unknown>][] = [
      ['refused by Redis', () => direct.set(`${prefix}user-sessions:${user.userId}`, 'of another type')],
      ['away', () => proxy.cut()],
    ];
    for (const [how, arrange] of failing) {
      await arrange();
      const error: unknown = await sessions.create(user).catch((reason: unknown) => reason);
      expect(error, how).toMatchObject(unavailable);
      const seen = inspect(error, { depth: 10, showHidden: true });
      expect(seen, how).not.toContain('secret-id-token');
      expect(seen, how).not.toContain(user.userId);
    }
  });

  it('is not called lost where only this process was stopped, with a command under way', async () => {
    await connection.check();
    stopWatch.start();
    const timer = setInterval(stopWatch.lateMs, 250);
    onTestFinished(() => clearInterval(timer));
    const underWay = expect(connection.check()).rejects.toMatchObject(unavailable);
    // Nothing of this process runs, as after SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
    await underWay;
    await recovered();
    expect(events).toEqual([]);
    await proxy.cut();
    await expect.poll(() => events, { timeout: 5_000 }).toEqual(['lost']);
  });

  it('closes twice, and while Redis is away or hangs', async () => {
    await connection.check();
    await connection.close();
    await connection.close();
    await expect(connection.check()).rejects.toMatchObject(unavailable);
    for (const fault of [() => proxy.cut(), () => proxy.hang()]) {
      await proxy.restore();
      const other = createRedisConnection({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 500 });
      await other.check();
      await fault();
      await other.close();
    }
  });
});
