// PostgreSQL behind a real pgbouncer, in each of its modes.
import { chmod } from 'node:fs/promises';
import pg from 'pg';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createPostgresPool } from '../../src/database/postgres-pool.ts';
import { keepsSession } from '../../src/database/postgres-sessions.ts';
import { createPostgresUserLock } from '../../src/users/postgres-user-lock.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import { type PoolMode, startPgbouncer } from '../support/servers/pgbouncer.ts';
import { findProgram } from '../support/servers/programs.ts';

describe('a database behind pgbouncer', () => {
  let direct: string;
  beforeEach(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    direct = temporary.url;
    onTestFinished(temporary.drop);
  });
  const pooled = async (mode: PoolMode, poolSize = 20, lines: string[] = []): Promise<string> => {
    const parent = temporaryFolder();
    await chmod(parent, 0o755);
    const program = await findProgram('pgbouncer');
    const { url, stop } = await startPgbouncer({ program, parent, target: direct, mode, poolSize, lines });
    onTestFinished(stop);
    return url;
  };
  const opened = async (databaseUrl: string, migrationUrl?: string): Promise<Database> => {
    const database = await openDatabase({ databaseUrl, migrationUrl, dataDir: '/nowhere' });
    onTestFinished(() => database.close());
    return database;
  };
  const problemOf = (databaseUrl: string, migrationUrl?: string): Promise<string> =>
    opened(databaseUrl, migrationUrl).then(() => 'opened', String);

  it.each([
    ['session', 1, [], true],
    ['session', 5, ['server_reset_query_always = 1'], true],
    ['transaction', 1, [], false],
    ['transaction', 20, [], false],
    ['transaction', 20, ['server_round_robin = 1'], false],
    ['transaction', 1, ['server_reset_query_always = 1'], false],
    ['statement', 1, [], false],
    ['statement', 20, ['server_round_robin = 1'], false],
  ] as const)('in %s mode with %i sessions (%j), connections keep theirs: %s', async (mode, size, lines, kept) => {
    const url = await pooled(mode, size, [...lines]);
    expect(await keepsSession(url)).toBe(kept);
  });

  it('in transaction mode is found out beside others that keep every session busy', async () => {
    const url = await pooled('transaction', 3);
    const others = new pg.Pool({ connectionString: url, max: 6 });
    let isOver = false;
    const busy = Array.from({ length: 6 }, async () => {
      while (!isOver) await others.query('select pg_sleep(0.01)').catch(() => undefined);
    });
    try {
      expect(await keepsSession(url)).toBe(false);
    } finally {
      isOver = true;
      await Promise.all(busy);
      await others.end();
    }
  });

  it('with too few sessions ends the start with a word on its size', async () => {
    const url = await pooled('session', 2);
    const others = new pg.Pool({ connectionString: url, max: 2 });
    const held = await Promise.all([others.connect(), others.connect()]);
    try {
      // Only with a statement a client takes one.
      await Promise.all(held.map((client) => client.query('select 1')));
      expect(await problemOf(url)).toContain('in pgbouncer set default_pool_size to 20 or more');
    } finally {
      for (const client of held) client.release();
      await others.end();
    }
  });

  it('a connection without a pooler keeps its session', async () => {
    expect(await keepsSession(direct)).toBe(true);
  });

  it('in session mode works, with the limits of each statement, also where a session had other clients before', async () => {
    const url = await pooled('session', 30);
    for (let round = 0; round < 2; round += 1) {
      const database = await opened(url);
      await database.ping();
      const lock = createPostgresUserLock({ databaseUrl: url, waitMs: 5_000, holdMs: 5_000 });
      await lock.tryLock();
      (await lock.acquire('ada')).release();
      await lock.close();
      const pool = createPostgresPool({ address: { connectionString: url }, size: 1, statementMs: 150 });
      await expect(pool.query('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
      expect((await pool.query("select current_setting('idle_in_transaction_session_timeout') as ms")).rows).toEqual([
        { ms: '150ms' },
      ]);
      await pool.end();
      await database.close();
    }
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const { rows } = await other.query("select current_setting('statement_timeout') as limit");
    await other.end();
    expect(rows).toEqual([{ limit: '0' }]);
  });

  it.each(['transaction', 'statement'] as const)(
    'in %s mode ends the start with the variable and the setting, and leaves no setting behind',
    async (mode) => {
      const url = await pooled(mode, 2);
      expect(await problemOf(url)).toMatch(/^StartupProblem: DATABASE_URL leads to a pooler .*pool_mode=session/);
      expect(await problemOf(url, direct)).toMatch(/^StartupProblem: DATABASE_URL leads to a pooler/);
      expect(await problemOf(direct, url)).toMatch(/^StartupProblem: DATABASE_MIGRATION_URL leads to a pooler/);
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      const { rows } = await other.query("select current_setting('statement_timeout') as limit");
      await other.end();
      expect(rows).toEqual([{ limit: '0' }]);
    },
  );

  it('that hands sessions around all the same lets no two replicas record a write of one person, and says so', async () => {
    await opened(direct);
    const url = await pooled('transaction', 1);
    const warnings: string[] = [];
    const log = { warn: (_: object, message: string) => void warnings.push(message) };
    const locks = [1, 2].map(() => createPostgresUserLock({ databaseUrl: url, waitMs: 2_000, holdMs: 5_000, log }));
    onTestFinished(async () => void (await Promise.all(locks.map((lock) => lock.close()))));
    const turns = await Promise.allSettled(locks.map((lock) => lock.acquire('ada')));
    const given = turns.filter((turn) => turn.status === 'fulfilled').map(({ value }) => value);
    const begun = await Promise.allSettled(
      given.map(({ intents }) => intents.begin({ callMs: 1_000, marginMs: 1_000 })),
    );
    expect(begun.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    for (const turn of given) turn.release();
    const tried = await Promise.all(
      locks.map((lock) =>
        lock.tryLock().then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    expect(tried).toContainEqual(
      expect.objectContaining({
        code: 'database_unavailable',
        retryAfter: 60,
        fault: expect.objectContaining({ word: 'pooler', lasting: true }),
      }),
    );
    expect(warnings.join('\n')).toMatch(/a lock was not where it was taken: .*pgbouncer/);
  });
});
