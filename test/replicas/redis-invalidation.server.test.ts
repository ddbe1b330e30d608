import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { createRedisConnection } from '../../src/redis/redis-connection.ts';
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
  const open = async (url = inject('redisUrl')): Promise<{ invalidation: Invalidation; heard: string[] }> => {
    const connection = createRedisConnection({ url });
    const invalidation = createRedisInvalidation({ redis: connection.client });
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
