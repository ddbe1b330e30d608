import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import { createRedisConnection, type RedisConnection } from '../../src/redis/redis-connection.ts';
import { createRedisPlatformSessions } from '../../src/sessions/redis-platform-sessions.ts';

describe('sessions of the ops-center back end', () => {
  let connection: RedisConnection;
  beforeAll(() => {
    connection = createRedisConnection({ url: inject('redisUrl') });
  });
  afterAll(() => connection.close());

  /** Writes a session as the back end does. */
  async function platformSession(value: unknown): Promise<string> {
    const token = newToken();
    await connection.client.set(
      `session:${token}`,
      typeof value === 'string' ? value : JSON.stringify(value),
      'EX',
      7200,
    );
    return token;
  }
  const find = (token: string) => createRedisPlatformSessions({ redis: connection.client }).find(token);

  it('reads the user’s id and address, whatever else there is', async () => {
    const user = {
      sub: 'a1b2',
      email: 'ada@example.com',
      name: 'Ada',
      roles: ['admin'],
      subscription_tier: 'enterprise',
    };
    const token = await platformSession({
      user,
      access_token: 'x'.repeat(3000),
      created: 1.5,
      more: { nested: [null] },
    });
    await expect(find(token)).resolves.toEqual({ userId: 'a1b2', email: 'ada@example.com' });
  });

  it('makes do with one of the two', async () => {
    await expect(find(await platformSession({ user: { email: 'a@example.com' } }))).resolves.toEqual({
      email: 'a@example.com',
    });
    await expect(find(await platformSession({ user: { sub: 'a1b2', email: null } }))).resolves.toEqual({
      userId: 'a1b2',
    });
  });

  it('does not take the address for somebody whose id cannot be read', async () => {
    for (const sub of [7, ['a1b2'], 'a'.repeat(321)])
      await expect(find(await platformSession({ user: { sub, email: 'a@example.com' } }))).resolves.toBe('nobody');
  });

  it.each([
    ['broken JSON', '{"user":'],
    ['no text', ''],
    ['another shape', '"user"'],
    ['null', 'null'],
    ['no user', { session: {} }],
    ['a user who is nobody', { user: null }],
    ['a user without id and address', { user: { name: 'Ada' } }],
    ['an empty id and address', { user: { sub: '', email: ' ' } }],
    ['ids that are not text', { user: { sub: { $ne: null }, email: ['a@example.com'] } }],
    ['an address without end', { user: { email: 'a'.repeat(5000) } }],
  ])('takes %s for a session of nobody', async (_title, value) => {
    await expect(find(await platformSession(value))).resolves.toBe('nobody');
  });

  it.each([
    ['an unknown token', 'nobody'],
    ['no text', ''],
    ['a long text', 'x'.repeat(10_000)],
  ])('knows no session for %s', async (_title, token) => {
    await expect(find(token)).resolves.toBeUndefined();
  });

  it('takes a key of another kind for no session', async () => {
    const token = newToken();
    await connection.client.hset(`session:${token}`, 'user', 'ada');
    await expect(find(token)).resolves.toBeUndefined();
  });

  it('writes nothing and prolongs nothing', async () => {
    const token = await platformSession({ user: { sub: 'a1b2' } });
    await connection.client.expire(`session:${token}`, 100);
    await find(token);
    expect(await connection.client.ttl(`session:${token}`)).toBeLessThanOrEqual(100);
  });
});
