// `ready` means that writes work: databases that answer, and do not take what the service writes.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { openDatabase } from '../../src/database/database.ts';
import { RIGHTS } from '../../src/database/database-rights.ts';
import { unwritable } from '../../src/database/database-writability.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import type { ApiClient } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const KEY = randomBytes(32).toString('base64url').concat('=');
const READY_MS = 20_000;
const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

describe('a database that answers', () => {
  let url: string;
  let owner: pg.Client;
  const running: RunningService[] = [];
  beforeEach(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    url = temporary.url;
    owner = new pg.Client({ connectionString: url });
    await owner.connect();
    onTestFinished(async () => {
      await owner.end();
      await temporary.drop();
    });
    await (await openDatabase({ databaseUrl: url, dataDir: '' })).close();
  });
  afterEach(async () => {
    await Promise.all(running.map(({ stop }) => stop()));
    running.length = 0;
  });
  const started = async (databaseUrl: string, env = {}): Promise<RunningService> => {
    const service = await startService({ DATABASE_URL: databaseUrl, ENCRYPTION_KEY: KEY, ...env });
    running.push(service);
    return service;
  };
  const problemOf = (databaseUrl: string): Promise<string> => started(databaseUrl).then(() => 'started', String);
  const readyz = async (service: RunningService) =>
    (await service.client().get('/readyz')) as { status: number; body: object };
  const untilReadyz = (service: RunningService, answer: object): Promise<void> =>
    vi.waitFor(async () => {
      await service.health.look();
      expect(await readyz(service)).toMatchObject(answer);
    }, READY_MS);
  const untilReady = (service: RunningService): Promise<void> =>
    untilReadyz(service, { status: 200, body: { status: 'ready' } });
  const untilReason = (service: RunningService, reason: string): Promise<void> =>
    untilReadyz(service, {
      status: 503,
      body: { status: 'not_ready', checks: { database: 'unavailable' }, reasons: { database: reason } },
    });
  const doctor = async (databaseUrl: string): Promise<string> => {
    const env = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: KEY };
    return (await runProgram(process.execPath, [CLI, 'doctor'], { folder: temporaryFolder(), env })).output;
  };
  /** With every right that the service needs. */
  const newRole = async (): Promise<{ name: string; url: string }> => {
    const name = `app_${randomBytes(6).toString('hex')}`;
    await owner.query(`create role ${name} login password 'secret'`);
    onTestFinished(async () => {
      await owner.query(`drop owned by ${name}`);
      await owner.query(`drop role ${name}`);
    });
    await owner.query(`grant select on all tables in schema public to ${name}`);
    for (const [table, rights] of Object.entries(RIGHTS))
      await owner.query(`grant ${rights.join(', ')} on ${table} to ${name}`);
    const address = new URL(url);
    address.username = name;
    address.password = 'secret';
    return { name, url: address.href };
  };

  it('and has tables whose rights nobody thought of is found by this test', async () => {
    const { rows } = await owner.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'byok\\_migration%'",
    );
    expect(Object.keys(RIGHTS).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  });

  it('is ready with the rights that the service needs, and its audit log has no gap after many looks', async () => {
    const { url: app } = await newRole();
    const service = await started(app);
    const person: ApiClient = await demoClient(service);
    for (let count = 0; count < 3; count += 1) {
      await untilReady(service);
      expect(
        (await person.post('/api/v1/byok/keys/add', { provider: 'openai', key: `sk-0123456789-${count}` })).status,
      ).toBe(200);
      await service.health.look();
    }
    const { rows } = await owner.query('select count(*)::int as rows, max(seq)::int as last from audit_log');
    expect(rows[0]?.rows).toBe(rows[0]?.last);
    const trail = createPostgresAuditTrail(service.core.database.db, service.core.auditChain);
    expect((await trail.verify([])).firstBad).toBeUndefined();
    expect((await owner.query('select from write_intents')).rows).toEqual([]);
    expect(await doctor(app)).toContain('✓ Database: it takes what the service writes');
  });

  it('and whose role may only read ends the start with the role, the right and the file, and doctor says the same', async () => {
    const { name, url: app } = await newRole();
    await owner.query(`revoke insert, update, delete on all tables in schema public from ${name}`);
    const said = new RegExp(
      `The role ${name} in DATABASE_URL lacks .*insert on audit_log.*deploy/postgres/roles\\.sql`,
    );
    expect(await problemOf(app)).toMatch(said);
    expect(await doctor(app)).toMatch(said);
    await owner.query(`alter role ${name} set default_transaction_read_only = on`);
    const reads = new RegExp(`The role ${name} in DATABASE_URL may only read: .*alter role ${name} reset`);
    expect(await problemOf(app)).toMatch(reads);
    expect(await doctor(app)).toMatch(reads);
  });

  it('and whose role lacks one right on one table is not found good, whichever it is', async () => {
    const { name, url: app } = await newRole();
    await using database = await openDatabase({ databaseUrl: app, migrationUrl: url, dataDir: '' });
    expect(await unwritable(database.db)).toBeUndefined();
    for (const [table, rights] of Object.entries(RIGHTS)) {
      for (const right of rights) {
        await owner.query(`revoke ${right} on ${table} from ${name}`);
        expect((await unwritable(database.db))?.advice).toContain(
          `The role ${name} in DATABASE_URL lacks ${right} on ${table}.`,
        );
        await owner.query(`grant ${right} on ${table} to ${name}`);
      }
    }
  });

  it('and takes the rights away while the service runs is not ready, and is ready when they are back', async () => {
    const { name, url: app } = await newRole();
    const service = await started(app);
    await untilReady(service);
    await owner.query(`revoke insert on usage_events from ${name}`);
    await untilReason(service, 'not_permitted');
    // Administrators see the same.
    const admin = await demoClient(service, 'enterprise');
    expect((await admin.get('/api/v1/byok/admin/overview')).body).toMatchObject({
      system: { database: 'unavailable' },
    });
    expect(service.logs.filter((line) => line.includes('lacks insert on usage_events')).length).toBe(1);
    await owner.query(`revoke insert on audit_log from ${name}`);
    // What will not pass by itself is not told as if it would.
    const refused = await service.client().post('/auth/demo', { email: 'starter@example.com' });
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'audit_unavailable' },
      headers: { 'retry-after': '60' },
    });
    expect(refused.detail).toContain('byok doctor');
    await owner.query(`grant insert on audit_log, usage_events to ${name}`);
    await untilReady(service);
  });

  it('and has row security without a policy for the service is found', async () => {
    const { url: app } = await newRole();
    await owner.query('alter table audit_log enable row level security');
    expect(await problemOf(app)).toMatch(/The role in DATABASE_URL may not do what the service does/);
  });

  it('and whose chain is locked by a session that was left open is not ready until that has ended', async () => {
    const service = await started(url);
    await untilReady(service);
    await owner.query('begin');
    await owner.query('select pg_advisory_xact_lock(1652125547, 1)');
    await untilReason(service, 'locked');
    await owner.query('rollback');
    await untilReady(service);
  });

  it('and becomes read-only for everybody is waited for, also by a start', async () => {
    const service = await started(url);
    await untilReady(service);
    const name = new URL(url).pathname.slice(1);
    await owner.query(`alter database ${name} set default_transaction_read_only = on`);
    // As a failover does.
    await owner.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
      [name],
    );
    await untilReason(service, 'read_only');
    expect(await doctor(url)).toMatch(/✗ Database: PostgreSQL takes no writes: it is a standby, or set read-only\./);
    await expect(started(url)).rejects.toMatchObject({ name: 'StartupProblem', mayPass: true });
    await owner.query(`alter database ${name} reset default_transaction_read_only`);
    await untilReady(service);
  });

  const endSessions = (role: string) =>
    owner.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);

  it.each<[setting: string, word: string]>([
    ['default_transaction_read_only = on', 'read_only'],
    ["search_path = 'pg_temp'", 'no_tables'],
  ])('and whose role had %s is ready once that is taken back, in sessions of its own', async (setting, word) => {
    const { name, url: app } = await newRole();
    const service = await started(app);
    await untilReady(service);
    const person = await demoClient(service);
    await owner.query(`alter role ${name} set ${setting}`);
    await endSessions(name);
    await untilReason(service, word);
    // In the other pools as well.
    await person.post('/api/v1/byok/keys/add', { provider: 'openai', key: 'sk-0123456789-a' });
    const held = await service.core.database.db.connection().execute(async (session) => {
      await owner.query(`alter role ${name} reset ${setting.split(' ')[0]}`);
      await untilReady(service);
      return await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
    });
    const keys = Array.from({ length: 5 }, (_, count) =>
      person.post('/api/v1/byok/keys/add', { provider: 'openai', key: `sk-0123456789-${count}` }),
    );
    for (const { status } of await Promise.all(keys)) expect(status).toBe(200);
    // The one that was in use then is given up as soon as it is not.
    await vi.waitFor(async () => {
      const { rows } = await owner.query('select from pg_stat_activity where pid = $1', [held.rows[0]?.pid]);
      expect(rows).toEqual([]);
    }, READY_MS);
  });

  it('is not written to more often because somebody asks how it is', async () => {
    const service = await started(url);
    await untilReady(service);
    const rolledBack = async (): Promise<number> => {
      await owner.query('select pg_stat_clear_snapshot()');
      const { rows } = await owner.query(
        'select xact_rollback::int as count from pg_stat_database where datname = current_database()',
      );
      return rows[0]?.count as number;
    };
    const before = await rolledBack();
    const began = performance.now();
    await Promise.all(Array.from({ length: 300 }, () => readyz(service)));
    const looks = Math.ceil((performance.now() - began) / 5_000) + 2;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await rolledBack()) - before).toBeLessThanOrEqual(looks + 1);
  });
});
