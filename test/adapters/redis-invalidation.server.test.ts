import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { createRedisConnection } from '../../src/adapters/redis-connection.ts';
import { createRedisInvalidation } from '../../src/adapters/redis-invalidation.ts';
import type { Invalidation } from '../../src/domain/invalidation.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

describe('invalidation over Redis', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A replica that writes down what it is told. */
  const open = async (url = inject('redisUrl')): Promise<{ invalidation: Invalidation; heard: string[] }> => {
    const connection = createRedisConnection({ url });
    const invalidation = createRedisInvalidation({ redis: connection.client });
    closing.push(
      () => connection.close(),
      () => invalidation.close(),
    );
    const heard: string[] = [];
    await invalidation.start({
      hold: (user, write) => heard.push(`hold ${user} ${write}`),
      invalidate: (user, write) => heard.push(`invalidate ${user} ${write}`),
      clear: () => heard.push('clear'),
    });
    return { invalidation, heard };
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
    await one.invalidation.announce('ada', 'w1');
    await one.invalidation.written('ada', 'w1');
    await one.invalidation.written('eve');
    const told = ['clear', 'hold ada w1', 'invalidate ada w1', 'invalidate eve undefined'];
    await vi.waitFor(() => expect(other.heard).toEqual(told));
    expect(one.heard).toEqual(['clear']);
  });

  it('has no lease while messages may be lost, and forgets everything when it hears again', async () => {
    const { proxy, invalidation, heard } = await openBehindProxy();
    expect(invalidation.fresh()).toBe(true);
    for (const [count, how] of (['cut', 'hang'] as const).entries()) {
      await proxy[how]();
      await vi.waitFor(() => expect(invalidation.fresh()).toBe(false), 5_000);
      await expect(invalidation.announce('ada', 'w1')).rejects.toMatchObject({
        code: 'session_store_unavailable',
        detail: expect.stringContaining('other replicas'),
      });
      await invalidation.written('ada', 'w1');
      // Until the connection is given up for lost, what was held back would still arrive: there is no need to forget.
      if (how === 'hang') proxy.strand();
      await proxy.restore();
      await vi.waitFor(() => expect(invalidation.fresh()).toBe(true), 20_000);
      expect(heard.filter((word) => word === 'clear')).toHaveLength(count + 2);
    }
  });

  it('takes no notice of what is not a message', async () => {
    const { invalidation, heard } = await open();
    const stranger = createRedisConnection({ url: inject('redisUrl') });
    closing.push(() => stranger.close());
    for (const text of ['', '{', 'null', '{"from":"x"}', '{"from":"x","kind":"end","user":7}'])
      await stranger.client.publish('byok:users', text);
    await stranger.client.publish('byok:users', '{"from":"x","kind":"end","user":"ada"}');
    await vi.waitFor(() => expect(heard).toEqual(['clear', 'invalidate ada undefined']));
    expect(invalidation.fresh()).toBe(true);
  });

  it('starts without Redis, with nothing in memory that may be used', async () => {
    const { invalidation } = await open('redis://127.0.0.1:1');
    expect(invalidation.fresh()).toBe(false);
  });
});
