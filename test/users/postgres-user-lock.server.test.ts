import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createPostgresUserLock } from '../../src/users/postgres-user-lock.ts';
import { asSuperuser, temporaryDatabase } from '../support/database/temporary-database.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';
import { describeWriteIntents } from './write-intents-contract.ts';

type Lock = ReturnType<typeof createPostgresUserLock>;

describe('the lock in PostgreSQL', () => {
  let url: string;
  let drop: () => Promise<void>;
  let database: Database;
  const locks: Lock[] = [];
  const open = (waitMs = 10_000, databaseUrl = url): Lock => {
    const lock = createPostgresUserLock({ databaseUrl, waitMs, holdMs: 60_000 });
    locks.push(lock);
    return lock;
  };
  beforeAll(async () => {
    ({ url, drop } = await temporaryDatabase(inject('postgresUrl')));
    database = await openDatabase({ databaseUrl: url, dataDir: '' });
  });
  afterAll(async () => {
    await Promise.all(locks.map((lock) => lock.close()));
    await database?.close();
    await drop?.();
  });
  /** Ends the sessions that hold a lock, as a restart of the server does. */
  const endSessions = (): Promise<void> =>
    asSuperuser(
      url,
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    );

  describeWriteIntents('the lock in PostgreSQL', async () => [open(), open()]);

  it('lets one holder in at a time, over three replicas', async () => {
    const replicas = [open(), open(), open()];
    let inside = 0;
    let most = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 90 }, async (_, index) => {
        const turn = await replicas[index % 3]?.acquire('ada');
        most = Math.max(most, ++inside);
        await wait(1);
        inside -= 1;
        turns += 1;
        turn?.release();
        turn?.release();
      }),
    );
    expect([most, turns]).toEqual([1, 90]);
  });

  it('does not make users wait for each other', async () => {
    const [one, other] = [open(), open()];
    const held = await one.acquire('ada');
    (await other.acquire('grace')).release();
    held.release();
  });

  it('gives up waiting for another replica with directory_unavailable, and gets its turn later', async () => {
    const [one, other] = [open(), open(300)];
    const held = await one.acquire('ada');
    await expect(other.acquire('ada')).rejects.toMatchObject({
      code: 'directory_unavailable',
      detail: expect.stringContaining('Another change of this account has not ended yet'),
    });
    held.release();
    (await other.acquire('ada')).release();
  });

  it('lets nobody record a write who has lost the turn, and gives the turn to the next', async () => {
    const [one, other] = [open(), open()];
    const lost = await one.acquire('ada');
    // Whoever waits loses its connection as well.
    const waiting = other.acquire('ada').then(
      ({ release }) => release(),
      (error) => expect(error).toMatchObject({ code: 'database_unavailable' }),
    );
    await endSessions();
    await expect(lost.intents.begin({ callMs: 1000, marginMs: 1000 })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await waiting;
    const next = await other.acquire('ada');
    await next.intents.begin({ callMs: 1000, marginMs: 1000 });
    lost.release();
    next.release();
    (await one.acquire('ada')).release();
  });

  it.each(['cut', 'hang'] as const)(
    'says database_unavailable while the database is away (%s), and goes on afterwards',
    async (how) => {
      const target = new URL(url);
      const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) });
      target.port = String(proxy.port);
      const lock = open(1_000, target.href);
      try {
        const held = await lock.acquire('ada');
        await proxy[how]();
        await expect(held.intents.begin({ callMs: 1000, marginMs: 1000 })).rejects.toMatchObject({
          code: 'database_unavailable',
        });
        held.release();
        await expect(lock.acquire('grace')).rejects.toMatchObject({ code: 'database_unavailable' });
        await proxy.restore();
        (await lock.acquire('grace')).release();
      } finally {
        await lock.close();
        await proxy.close();
      }
    },
  );

  it('lets many users be written at once with few connections', async () => {
    const lock = open();
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const turn = await lock.acquire(`user ${index}`);
        await wait(5);
        turn.release();
      }),
    );
  });
});
