import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import pg from 'pg';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import { createPostgresAuditLog } from '../../src/audit/postgres-audit-log.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { erasePerson } from '../../src/audit/upkeep/postgres-audit-erasure.ts';
import { mayPruneAudit, pruneAudit } from '../../src/audit/upkeep/postgres-audit-prune.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { asSuperuser, temporaryDatabase } from '../support/database/temporary-database.ts';
import { anEvent } from '../support/memory/audit-rows.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';
import { describeAuditLog } from './audit-log-contract.ts';

const chain = createAuditChain([randomBytes(32)]);
const open = async (databaseUrl: string, migrationUrl?: string): Promise<Database> => {
  const database = await openDatabase({ databaseUrl, migrationUrl, dataDir: '/nowhere' });
  onTestFinished(() => database.close());
  return database;
};

describeAuditLog('PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  return { database: await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }), close: drop };
});

describe('the audit log on PostgreSQL', () => {
  let url: string;
  beforeEach(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    url = temporary.url;
    onTestFinished(temporary.drop);
  });

  it('refuses events while the database is away, writes none of them, and goes on when it is back', async () => {
    const { db } = await open(url);
    const address = new URL(url);
    const proxy = await startTcpProxy({ host: address.hostname, port: Number(address.port) });
    onTestFinished(() => proxy.close());
    address.port = String(proxy.port);
    const far = await open(address.href);
    const log = createPostgresAuditLog({ db: far.db, chain, waitMs: 1_000 });
    await log.append(anEvent());

    await proxy.cut();
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => log.append(anEvent())));
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'audit_unavailable' } });
    await proxy.restore();
    await expect.poll(() => log.append(anEvent()).then(() => 'written', String), { timeout: 10_000 }).toBe('written');

    // A network that swallows everything: the wait ends all the same.
    proxy.hang();
    await expect(log.append(anEvent())).rejects.toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringContaining('took over 1000 ms'),
    });
    await proxy.restore();
    await log.close();
    const verdict = await createPostgresAuditTrail(db, chain).verify([]);
    expect(verdict.firstBad).toBeUndefined();
    // What hung may have been written when the network was back.
    expect([2, 3]).toContain(verdict.rows);
  });

  it('writes nothing of a transaction whose connection is cut half-way', async () => {
    const { db } = await open(url);
    const log = createPostgresAuditLog({ db, chain });
    await log.append(anEvent());
    const holder = await open(url);
    await holder.db.transaction().execute(async (trx) => {
      await sql`lock table audit_log in share mode`.execute(trx);
      const append = log.append(anEvent()).then(() => 'written', String);
      const waiting = `from pg_stat_activity where wait_event_type = 'Lock' and datname = '${new URL(url).pathname.slice(1)}'`;
      await expect
        .poll(async () => (await sql`select pid ${sql.raw(waiting)}`.execute(trx)).rows.length, { timeout: 10_000 })
        .toBe(1);
      await asSuperuser(url, `select pg_terminate_backend(pid) ${waiting}`);
      expect(await append).toContain('no audit row');
    });
    await log.append(anEvent());
    expect(await createPostgresAuditTrail(db, chain).verify([])).toMatchObject({ rows: 2, firstBad: undefined });
  });

  it.each(['the server is paused', 'the chain is locked', 'the table is locked'] as const)(
    'an event that was refused for its time is not written when it could be again: %s',
    async (how) => {
      const { db } = await open(url);
      const far = await open(url);
      const log = createPostgresAuditLog({ db: far.db, chain, waitMs: 500 });
      const end = await blocked(how, url, far);
      // The first is under way, the second waits behind it.
      const refused = await Promise.allSettled(['first', 'second'].map((id) => log.append(anEvent({ requestId: id }))));
      for (const result of refused)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'audit_unavailable' } });
      // This one has time left when it goes on.
      const later = expect.poll(() => log.append(anEvent({ requestId: 'later' })).then(() => 'written', String));
      const written = later.toBe('written');
      await end();
      await written;
      await log.close();
      const { rows } = await sql<{ request_id: string }>`select distinct request_id from audit_log`.execute(db);
      expect(rows).toEqual([{ request_id: 'later' }]);
      expect((await createPostgresAuditTrail(db, chain).verify([])).firstBad).toBeUndefined();
    },
  );

  it('commits to the disk whatever the server’s default is', async () => {
    const { db } = await open(url);
    await sql.raw(`alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`).execute(db);
    await sql`create table seen (setting text)`.execute(db);
    await sql`create function look() returns trigger language plpgsql as
      $$ begin insert into seen values (current_setting('synchronous_commit')); return null; end $$`.execute(db);
    await sql`create trigger look after insert on audit_log for each statement execute function look()`.execute(db);
    const fresh = await open(url);
    await createPostgresAuditLog({ db: fresh.db, chain }).append(anEvent());
    expect((await sql`select * from seen`.execute(db)).rows).toEqual([{ setting: 'on' }]);
  });
});

/** Keeps appends from going on. @returns the end of it. */
async function blocked(
  how: 'the server is paused' | 'the chain is locked' | 'the table is locked',
  url: string,
  far: Database,
): Promise<() => Promise<void>> {
  if (how === 'the server is paused') {
    // The processes that serve the log, of which it has two connections at least.
    const pids = await Promise.all(
      [1, 2, 3].map(
        async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(0.2)`.execute(far.db)).rows,
      ),
    );
    const processes = [...new Set(pids.flat().map(({ pid }) => pid))];
    for (const pid of processes) process.kill(pid, 'SIGSTOP');
    return async () => {
      for (const pid of processes) process.kill(pid, 'SIGCONT');
    };
  }
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('begin');
  await holder.query(
    how === 'the chain is locked'
      ? 'select pg_advisory_xact_lock(1652125547, 1)'
      : 'lock table audit_log in share mode',
  );
  return async () => {
    await holder.query('rollback');
    await holder.end();
  };
}

describe('the roles of deploy/postgres/roles.sql', () => {
  const suffix = randomBytes(6).toString('hex');
  const [owner, app] = [`owner_${suffix}`, `app_${suffix}`];
  const password = randomBytes(12).toString('hex');
  // Roles belong to the whole server, so this test has names of its own.
  const script = readFileSync('deploy/postgres/roles.sql', 'utf8')
    .replaceAll(/\bbyok_app\b/g, app)
    .replaceAll(/\bbyok\b/g, owner);
  const as = (url: string, role: string): string => {
    const address = new URL(url);
    address.username = role;
    address.password = password;
    return address.href;
  };

  it.each(['before the first start', 'on tables that are there already'])(
    'let the service append and read, and change neither audit rows nor the list of migrations: set up %s',
    async (when) => {
      const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
      onTestFinished(async () => {
        await drop();
        for (const role of [app, owner]) await asSuperuser(inject('postgresUrl'), `drop role if exists ${role}`);
      });
      const runScript = async (): Promise<void> => {
        await asSuperuser(url, script);
        for (const role of [owner, app]) await asSuperuser(url, `alter role ${role} password '${password}'`);
      };
      await runScript();
      if (when !== 'before the first start') {
        await asSuperuser(
          url,
          `alter default privileges for role ${owner} in schema public revoke all on tables from ${app}`,
        );
        await openDatabase({ databaseUrl: as(url, owner), dataDir: '/nowhere' }).then((database) => database.close());
        await runScript();
      }
      const database = await open(as(url, app), as(url, owner));

      await createPostgresAuditLog({ db: database.db, chain }).append(anEvent());
      const trail = createPostgresAuditTrail(database.db, chain);
      expect(await trail.verify([])).toMatchObject({ rows: 1, firstBad: undefined });
      await database.db.insertInto('key_check').values({ value: 'the first start' }).execute();
      await sql`insert into embedded_users (id, username) values ('the rest', 'works')`.execute(database.db);
      await sql`update embedded_users set username = 'as before'`.execute(database.db);
      await sql`delete from embedded_users`.execute(database.db);

      const forbidden = [
        sql`update audit_log set subject = null`,
        sql`delete from audit_log`,
        sql`truncate audit_log`,
        sql`drop table audit_log`,
        sql`alter table audit_log disable trigger all`,
        sql`select * from audit_log for update`,
        sql`insert into audit_log select * from audit_log on conflict (seq) do update set mac = ''`,
        // Nor bring a retired key back.
        sql`update key_check set value = 'retired'`,
        sql`delete from key_check`,
        sql`insert into key_check (value) values ('x') on conflict (id) do update set value = 'x'`,
        // Nor say which migrations have run.
        sql`insert into byok_migrations (name, timestamp) values ('9999-future', 'now')`,
        sql`update byok_migrations set name = '0000-other'`,
        sql`delete from byok_migrations`,
        sql`truncate byok_migrations`,
        sql`update byok_migrations_lock set is_locked = 1`,
        sql`delete from byok_migrations_lock`,
      ];
      for (const statement of forbidden)
        await expect(statement.execute(database.db), statement.compile(database.db).sql).rejects.toMatchObject({
          code: '42501',
        });
      // PostgreSQL answers this with a warning only.
      await sql`grant delete on audit_log to ${sql.id(app)}`.execute(database.db);
      expect(await mayPruneAudit(database.db)).toBe(false);
      await expect(erasePerson(database.db, chain, 'ada')).rejects.toMatchObject({ name: 'StartupProblem' });

      const actor = { kind: 'operator', id: 'test' } as const;
      expect(await database.asOwner(mayPruneAudit)).toBe(true);
      expect(await database.asOwner((db) => erasePerson(db, chain, 'ada'))).toBe(1);
      expect(
        await database.asOwner((db) => pruneAudit(db, chain, { cutoff: new Date(Date.now() + 60_000), actor })),
      ).toBe(2);
      expect(await trail.verify([])).toMatchObject({ rows: 1, firstBad: undefined });
    },
  );
});
