import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hashOfToken, newToken } from '../../src/crypto/secret-token.ts';
import { createRedisConnection, type RedisConnection } from '../../src/redis/redis-connection.ts';
import { createRedisSessionStore } from '../../src/sessions/redis-session-store.ts';
import { createRedisEarlierSignIns, createRedisUsedSignIns } from '../../src/sessions/redis-sign-ins.ts';
import { describeSessionStore } from './session-store-contract.ts';
import { someone } from './session-store-under-test.ts';

const randomPrefix = () => `test-${randomBytes(6).toString('hex')}:`;
const openRedis = () => createRedisConnection({ url: inject('redisUrl') });

describeSessionStore('Redis', async () => {
  const { client: redis, close } = openRedis();
  return { make: (options) => createRedisSessionStore({ ...options, redis, prefix: randomPrefix() }), close };
});

describe('the hundred sessions of a person in Redis', () => {
  it('do not count those that Redis has ended for want of use', async () => {
    const { client: redis, close } = openRedis();
    const prefix = randomPrefix();
    const store = createRedisSessionStore({ idleMs: 7_200_000, maxMs: 43_200_000, redis, prefix });
    const user = someone();
    const used = await store.create(user);
    const rest = `${prefix}session:${hashOfToken(used.token)}`;
    for (let count = 0; count < 99; count += 1) await store.create(user);
    // As their time to live does.
    await redis.del((await redis.keys(`${prefix}session:*`)).filter((key) => key !== rest));
    const latest = await store.create(user);
    await expect(store.find(used.token)).resolves.toBeDefined();
    await expect(store.find(latest.token)).resolves.toBeDefined();
    await expect(redis.zcard(`${prefix}user-sessions:${user.userId}`)).resolves.toBe(2);
    await close();
  });
});

describe('a sign-in that an older replica has begun', () => {
  let connection: RedisConnection;
  beforeAll(() => {
    connection = openRedis();
  });
  afterAll(() => connection.close());

  const signIn = { nonce: 'nonce', codeVerifier: 'verifier', returnTo: '/docs?x=1#y', browserHash: 'hash' };
  async function begun(prefix: string, value: unknown = signIn): Promise<string> {
    const state = newToken();
    await connection.client.set(`${prefix}sign-in:${state}`, JSON.stringify(value), 'PX', 600_000);
    return state;
  }
  const storeAt = (prefix: string) => createRedisEarlierSignIns({ redis: connection.client, prefix });

  it('is handed out once, also when twenty ask at the same time', async () => {
    const prefix = randomPrefix();
    const state = await begun(prefix);
    const taken = await Promise.all(Array.from({ length: 20 }, () => storeAt(prefix).take(state)));
    expect(taken.filter(Boolean)).toEqual([signIn]);
  });

  it('is not another one, and none where it is not of its shape', async () => {
    const prefix = randomPrefix();
    await begun(prefix);
    for (const state of [newToken(), '__proto__', await begun(prefix, { nonce: 1 }), await begun(prefix, null)])
      await expect(storeAt(prefix).take(state), state).resolves.toBeUndefined();
  });
});

describe('a sign-in that was accepted', () => {
  it('is known to every replica, by a name that does not lead to it, for ten minutes', async () => {
    const { client: redis, close } = openRedis();
    const prefix = randomPrefix();
    const [one, other] = [createRedisUsedSignIns({ redis, prefix }), createRedisUsedSignIns({ redis, prefix })];
    const state = newToken();
    await expect(other.has(state)).resolves.toBe(false);
    await one.add(state);
    await expect(other.has(state)).resolves.toBe(true);
    await expect(other.has(newToken())).resolves.toBe(false);
    const [name = ''] = await redis.keys(`${prefix}*`);
    expect(name).not.toContain(state);
    const left = await redis.pttl(name);
    expect(left).toBeGreaterThan(540_000);
    expect(left).toBeLessThanOrEqual(600_000);
    await close();
  });
});

describe('what the Redis session store keeps', () => {
  const IDLE = 7_200_000;
  const MAX = 43_200_000;
  let connection: RedisConnection;
  beforeAll(() => {
    connection = openRedis();
  });
  afterAll(() => connection.close());

  function makeStore({ now = Date.now } = {}) {
    const prefix = randomPrefix();
    const redis = connection.client;
    const store = createRedisSessionStore({ redis, prefix, idleMs: IDLE, maxMs: MAX, now });
    const keys = async () => (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)).sort();
    const ttl = (key: string) => redis.pttl(`${prefix}${key}`);
    return { store, keys, ttl, prefix };
  }

  it('is shared by every replica', async () => {
    const { store, prefix } = makeStore();
    const { token, session } = await store.create(someone());
    const other = openRedis();
    const replica = createRedisSessionStore({ redis: other.client, prefix, idleMs: IDLE, maxMs: MAX });
    await expect(replica.find(token)).resolves.toEqual(session);
    await replica.endAll(session.userId);
    await expect(store.find(token)).resolves.toBeUndefined();
    await other.close();
  });

  it('does not contain the token', async () => {
    const { store, prefix } = makeStore();
    const { token } = await store.create(someone());
    const names = await connection.client.keys(`${prefix}*`);
    const dumps = await Promise.all(names.map((name) => connection.client.dumpBuffer(name)));
    expect(names.join() + Buffer.concat(dumps.filter((dump) => dump !== null)).toString('latin1')).not.toContain(token);
  });

  it('expires by itself: the session when it would end, the indexes with the longest session', async () => {
    const { store, keys, ttl } = makeStore();
    const { session } = await store.create(someone({ providerSessionId: 'sid-1' }));
    const names = await keys();
    const key = names.find((name) => name.startsWith('session:')) ?? '';
    expect(names).toEqual(['provider-session:sid-1', key, `user-sessions:${session.userId}`].sort());
    for (const [name, limit] of [
      [key, IDLE],
      ['provider-session:sid-1', MAX],
      [`user-sessions:${session.userId}`, MAX],
    ] as const) {
      const left = await ttl(name);
      expect(left, name).toBeGreaterThan(limit - 60_000);
      expect(left, name).toBeLessThanOrEqual(limit);
    }
  });

  it('does not prolong a session beyond its absolute end', async () => {
    const clock = { now: Date.now() };
    const { store, keys, ttl } = makeStore({ now: () => clock.now });
    const { token, session } = await store.create(someone());
    clock.now = session.createdAt + MAX - 5 * 60_000;
    // Idle for too long by the clock, so it was used in between.
    clock.now = session.createdAt + IDLE - 1;
    await store.find(token);
    for (let now = clock.now; now < session.createdAt + MAX - 5 * 60_000; now += IDLE / 2) {
      clock.now = now;
      await store.find(token);
    }
    clock.now = session.createdAt + MAX - 60_000;
    await expect(store.find(token)).resolves.toBeDefined();
    const key = (await keys()).find((name) => name.startsWith('session:')) ?? '';
    expect(await ttl(key)).toBeLessThanOrEqual(60_000);
  });

  it('leaves nothing behind when the last session has ended', async () => {
    const { store, keys } = makeStore();
    const user = someone({ providerSessionId: 'sid-2' });
    const { session } = await store.create(user);
    await store.end(session.userId, session.id);
    await expect(keys()).resolves.toEqual([]);
    await store.create(user);
    await store.endAll(user.userId);
    await expect(keys()).resolves.toEqual([]);
    await store.create(user);
    await store.endByProviderSession('sid-2');
    await expect(keys()).resolves.toEqual(['ended-provider-session:sid-2']);
  });

  it('leaves nothing behind of a session that ends while its use is being written down', async () => {
    const clock = { now: Date.now() };
    const { store, keys, prefix } = makeStore({ now: () => clock.now });
    const { token, session } = await store.create(someone());
    // A replica that has read the session and writes only after it was ended.
    const ended = Promise.withResolvers<void>();
    const redis: typeof connection.client = Object.assign(Object.create(connection.client), {
      eval: async (...args: Parameters<typeof connection.client.eval>) => {
        await ended.promise;
        return connection.client.eval(...args);
      },
    });
    const replica = createRedisSessionStore({ redis, prefix, idleMs: IDLE, maxMs: MAX, now: () => clock.now });
    clock.now += 60_000;
    const using = replica.find(token);
    await store.end(session.userId, session.id);
    ended.resolve();
    await using;
    await expect(keys()).resolves.toEqual([]);
  });

  it('takes a session that is not of its shape for none', async () => {
    const { store, keys, prefix } = makeStore();
    const { token, session } = await store.create(someone());
    const key = `${prefix}${(await keys()).find((name) => name.startsWith('session:'))}`;
    for (const data of ['not json', '{}', '[]', 'null', '{"userId":1}']) {
      await connection.client.hset(key, 'data', data);
      await expect(store.find(token), data).resolves.toBeUndefined();
      await expect(store.list(session.userId), data).resolves.toEqual([]);
    }
  });
});
