// A password that was changed at PostgreSQL, Redis and Keycloak: what is opened after a reload signs in with the new one.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createPostgresPool } from '../../src/database/postgres-pool.ts';
import { createRedisConnection, duplicateConnection } from '../../src/redis/redis-connection.ts';
import { asSuperuser } from '../support/database/temporary-database.ts';

const name = () => `reload_${randomBytes(6).toString('hex')}`;

it('new connections to PostgreSQL', async () => {
  const role = name();
  const server = inject('postgresUrl');
  await asSuperuser(server, `create role ${role} login password 'first'`);
  onTestFinished(() => asSuperuser(server, `drop role ${role}`));
  const url = new URL(server);
  [url.username, url.password] = [role, 'first'];
  const pool = createPostgresPool({ address: { connectionString: () => url.href }, size: 2 });
  onTestFinished(() => pool.end());
  const kept = await pool.connect();
  await asSuperuser(server, `alter role ${role} password 'second'`);
  await expect(pool.query('select 1')).rejects.toThrow('password authentication failed');
  url.password = 'second';
  expect((await pool.query('select current_user as me')).rows).toEqual([{ me: role }]);
  expect((await kept.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  kept.release();
});

it('new connections to Redis, the one that listens too', async () => {
  const user = name();
  const admin = new Redis(inject('redisUrl'));
  onTestFinished(async () => {
    await admin.call('ACL', 'DELUSER', user);
    admin.disconnect();
  });
  await admin.call('ACL', 'SETUSER', user, 'on', '>first', '~*', '&*', '+@all');
  const url = new URL(inject('redisUrl'));
  [url.username, url.password] = [user, 'first'];
  const connection = createRedisConnection({ url: () => url.href });
  onTestFinished(() => connection.close());
  const ears = duplicateConnection(connection.client, { lazyConnect: true });
  onTestFinished(() => ears.disconnect());
  await connection.check();
  await ears.connect();
  await admin.call('ACL', 'SETUSER', user, 'resetpass', '>second');
  url.password = 'second';
  await admin.call('CLIENT', 'KILL', 'USER', user);
  await expect.poll(() => connection.client.call('ACL', 'WHOAMI').catch(() => undefined)).toBe(user);
  await expect.poll(() => ears.call('ACL', 'WHOAMI').catch(() => undefined)).toBe(user);
});
