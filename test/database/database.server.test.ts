import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { MIGRATIONS } from '../../src/database/database-migrations.ts';
import { createPostgresPool } from '../../src/database/postgres-pool.ts';
import { asSuperuser, temporaryDatabase } from '../support/database/temporary-database.ts';
import { describeDatabase } from './database-contract.ts';

const open = (databaseUrl: string) => openDatabase({ databaseUrl, dataDir: '/nowhere' });

describeDatabase('PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  return { database: await open(url), close: drop };
});

describe('a database on PostgreSQL', () => {
  let url: string;

  beforeEach(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    url = temporary.url;
    onTestFinished(temporary.drop);
  });
  const opened = async (): Promise<Database> => {
    const database = await open(url);
    onTestFinished(() => database.close());
    return database;
  };

  it('can be opened by twenty at once when it is empty', async () => {
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => open(url)));
    const databases = all.filter((result) => result.status === 'fulfilled').map((result) => result.value);
    onTestFinished(async () => {
      await Promise.all(databases.map((database) => database.close()));
    });
    expect(all.filter((result) => result.status === 'rejected')).toEqual([]);
    expect(databases.map((database) => database.kind)).toEqual(Array(20).fill('postgres'));
    const { rows } = await sql`select count(*) as count from byok_migrations`.execute((await opened()).db);
    expect(rows).toEqual([{ count: Object.keys(MIGRATIONS).length }]);
  });

  it('is refused when it is newer than the code', async () => {
    const { db } = await opened();
    await sql`insert into byok_migrations (name, timestamp) values ('9999-future', now())`.execute(db);
    await expect(open(url)).rejects.toMatchObject({
      name: 'StartupProblem',
      message: expect.stringContaining('newer than this version of the service: it has 9999-future'),
    });
  });

  it('is left as it is by a command that only looks', async () => {
    const looking = await openDatabase({ databaseUrl: url, dataDir: '/nowhere', missing: 'leave' });
    onTestFinished(() => looking.close());
    const { rows } = await sql`select 1 from pg_tables where schemaname = 'public'`.execute(looking.db);
    expect(rows).toEqual([]);
  });

  it('works again after its connections were cut, and an idle or busy one that is cut ends nothing', async () => {
    const { db, ping } = await opened();
    await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.05)`.execute(db)));
    const cut = (): Promise<void> =>
      asSuperuser(
        inject('postgresUrl'),
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`,
      );
    const busy = db.transaction().execute(async (transaction) => {
      await sql`insert into key_check (value) values ('lost')`.execute(transaction);
      await cut();
      await sql`select 1`.execute(transaction);
    });
    await expect(busy).rejects.toThrow();
    await expect.poll(() => ping().then(() => 'answered', String), { timeout: 10_000 }).toBe('answered');
    expect(await db.selectFrom('key_check').selectAll().execute()).toEqual([]);
  });

  it('an outage that takes every connection with it is one short line of the log', async () => {
    const lines: object[] = [];
    const log = { warn: (fields: object) => void lines.push(fields) };
    const pool = createPostgresPool({ address: { connectionString: url }, size: 4, log });
    const other = createPostgresPool({ address: { connectionString: url }, size: 1 });
    try {
      const clients = await Promise.all([1, 2, 3, 4].map(() => pool.connect()));
      const own = await Promise.all(clients.map((client) => client.query('select pg_backend_pid() as pid')));
      for (const client of clients) client.release();
      for (const { rows } of own) await other.query('select pg_terminate_backend($1)', [rows[0].pid]);
      await expect.poll(() => pool.totalCount).toBe(0);
      expect(lines).toEqual([{ reason: expect.stringContaining('57P01') }]);
    } finally {
      await Promise.all([pool.end(), other.end()]);
    }
  });

  it('ends a statement that takes too long', async () => {
    const pool = createPostgresPool({ address: { connectionString: url }, size: 1, statementMs: 100 });
    onTestFinished(() => pool.end());
    await expect(pool.query('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('gives up a connection on which nothing arrives any more, and takes a new one', async () => {
    const proxy = await silenceableProxy(url);
    const pool = createPostgresPool({ address: { connectionString: proxy.url }, size: 1, statementMs: 100 });
    onTestFinished(() => pool.end());
    await pool.query('select 1');
    proxy.silence();
    await expect(pool.query('select 2')).rejects.toThrow(/did not answer in time|terminated/);
    expect((await pool.query('select 3 as three')).rows).toEqual([{ three: 3 }]);
  });

  it('says at the start what is wrong with the server or the password, and shows no password', async () => {
    const address = new URL(url);
    address.password = 'a-wrong-password';
    await expect(open(address.href)).rejects.toMatchObject({
      name: 'StartupProblem',
      message: expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:\d+ cannot be used: .*28P01.*Check DATABASE_URL/),
    });
    address.port = '1';
    const refused = await open(address.href).catch((error: unknown) => String(error));
    expect(refused).toContain('PostgreSQL at 127.0.0.1:1 cannot be used: connect ECONNREFUSED');
    expect(refused).not.toContain('a-wrong-password');
  });
});

/** A proxy that, when told, swallows everything on the connections it has, as a dead network does; new ones work. */
async function silenceableProxy(target: string): Promise<{ url: string; silence: () => void }> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    pairs.add([near, far]);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  });
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
  };
}
