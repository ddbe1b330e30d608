import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createRedisConnection } from '../../src/redis/redis-connection.ts';
import { redisFault } from '../../src/redis/redis-fault.ts';
import type { Invalidation } from '../../src/replicas/invalidation.ts';
import { createRedisInvalidation } from '../../src/replicas/redis-invalidation.ts';
import { startTcpProxy, type TcpProxy } from '../support/programs/tcp-proxy.ts';

// Other tests share this Redis: what is said of other users is theirs.
const RUN = randomUUID();
const ADA = `ada ${RUN}`;
const EVE = `eve ${RUN}`;

describe('invalidation over Redis', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A replica that writes down what it is told. */
  const open = async (
    url = inject('redisUrl'),
  ): Promise<{ invalidation: Invalidation; heard: string[]; events: string[] }> => {
    const connection = createRedisConnection({ url });
    const events: string[] = [];
    const invalidation = createRedisInvalidation({
      redis: connection.client,
      onLost: () => void events.push('lost'),
      onRestored: () => void events.push('restored'),
      onStopped: (ms) => void events.push(`stopped ${Math.round(ms / 1000)} s`),
    });
    closing.push(
      () => connection.close(),
      () => invalidation.close(),
    );
    const heard: string[] = [];
    const hear = (user: string, words: string): void => {
      if (user.endsWith(RUN)) heard.push(words);
    };
    await invalidation.start({
      hold: (user, write) => hear(user, `hold ${user} ${write}`),
      invalidate: (user, write) => hear(user, `invalidate ${user} ${write}`),
      clear: () => void heard.push('clear'),
    });
    return { invalidation, heard, events };
  };
  const openBehindProxy = async () => {
    const { hostname, port } = new URL(inject('redisUrl'));
    const proxy: TcpProxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const replica = await open(`redis://127.0.0.1:${proxy.port}`);
    closing.push(() => proxy.close());
    return { proxy, ...replica };
  };

  it('tells the others, in order, and not itself; both may use their memory', async () => {
    const [one, other] = [await open(), await open()];
    expect([one.invalidation.fresh(), other.invalidation.fresh()]).toEqual([true, true]);
    await one.invalidation.announce(ADA, 'w1');
    await one.invalidation.written(ADA, 'w1');
    await one.invalidation.written(EVE);
    const told = ['clear', `hold ${ADA} w1`, `invalidate ${ADA} w1`, `invalidate ${EVE} undefined`];
    await vi.waitFor(() => expect(other.heard).toEqual(told));
    expect(one.heard).toEqual(['clear']);
  });

  it('has no lease while messages may be lost, and forgets everything when it hears again', async () => {
    const { proxy, invalidation, heard } = await openBehindProxy();
    expect(invalidation.fresh()).toBe(true);
    for (const [count, how] of (['cut', 'hang'] as const).entries()) {
      await proxy[how]();
      await vi.waitFor(() => expect(invalidation.fresh()).toBe(false), 5_000);
      await expect(invalidation.announce(ADA, 'w1')).rejects.toMatchObject({
        code: 'session_store_unavailable',
        detail: expect.stringContaining('other replicas'),
      });
      await invalidation.written(ADA, 'w1');
      // Until the connection is given up for lost, what was held back would still arrive: there is no need to forget.
      if (how === 'hang') proxy.strand();
      await proxy.restore();
      await vi.waitFor(() => expect(invalidation.fresh()).toBe(true), 20_000);
      expect(heard.filter((word) => word === 'clear')).toHaveLength(count + 2);
    }
  });

  /** As if the process had been stopped for so long. */
  const stop = (ms: number): void => {
    const real = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => real() + ms);
    onTestFinished(() => void vi.restoreAllMocks());
  };
  const SOON = { timeout: 1_500, interval: 20 };

  it('was stopped itself: it says so once, is in step with the next beat, and forgets nothing', async () => {
    const { invalidation, heard, events } = await open();
    await vi.waitFor(() => expect(events).toEqual(['restored']), SOON);
    stop(8_000);
    expect(invalidation.fresh()).toBe(false);
    await vi.waitFor(() => expect(events).toEqual(['restored', 'stopped 8 s', 'restored']), SOON);
    expect(invalidation.fresh()).toBe(true);
    expect(heard).toEqual(['clear']);
  });

  it('was stopped itself and Redis is silent: that blames Redis after some seconds more, and not before', async () => {
    const { proxy, invalidation, events } = await openBehindProxy();
    await vi.waitFor(() => expect(events).toEqual(['restored']), SOON);
    proxy.hang();
    stop(8_000);
    await vi.waitFor(() => expect(events).toEqual(['restored', 'stopped 8 s']), SOON);
    expect(redisFault(invalidation.problem()).advice).toMatch(/^This process was stopped.*by itself\.$/);
    await vi.waitFor(() => expect(events.slice(2)).toEqual(['lost']), { timeout: 10_000, interval: 20 });
    expect(redisFault(invalidation.problem()).advice).toContain('Redis');
  });

  it('takes no notice of what is not a message', async () => {
    const { invalidation, heard } = await open();
    const stranger = createRedisConnection({ url: inject('redisUrl') });
    closing.push(() => stranger.close());
    for (const text of ['', '{', 'null', '{"from":"x"}', '{"from":"x","kind":"end","user":7}'])
      await stranger.client.publish('byok:users', text);
    await stranger.client.publish('byok:users', `{"from":"x","kind":"end","user":"${ADA}"}`);
    await vi.waitFor(() => expect(heard).toEqual(['clear', `invalidate ${ADA} undefined`]));
    expect(invalidation.fresh()).toBe(true);
  });

  it('starts without Redis, with nothing in memory that may be used', async () => {
    const { invalidation } = await open('redis://127.0.0.1:1');
    expect(invalidation.fresh()).toBe(false);
  });
});
