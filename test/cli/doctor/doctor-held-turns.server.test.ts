import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { checkHeldTurns } from '../../../src/cli/doctor/doctor-held-turns.ts';
import { type Database, openDatabase } from '../../../src/database/database.ts';
import { createPostgresUserLock } from '../../../src/users/postgres-user-lock.ts';
import { asSuperuser, temporaryDatabase } from '../../support/database/temporary-database.ts';

/** The locks of users: the first of their two numbers. */
const TURNS = 0x75_73_65_72;

/** A database in which a replica, which does not go on, holds the turn of an account. */
async function withHeldTurn() {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  const open = (databaseUrl = url) => createPostgresUserLock({ databaseUrl, waitMs: 5_000, holdMs: 60_000 });
  const [stuck, other] = [open(), open()];
  const turn = await stuck.acquire('ada');
  onTestFinished(async () => {
    turn.release();
    await Promise.all([stuck.close(), other.close()]);
    await drop();
  });
  return { url, database: await opened(url), turn, other };
}

async function opened(databaseUrl: string): Promise<Database> {
  const database = await openDatabase({ databaseUrl, dataDir: '', missing: 'leave' });
  onTestFinished(database.close);
  return database;
}

const said = async (database: Database, silentMs?: number): Promise<string[]> => {
  const lines: string[] = [];
  const limits = { againMs: 50, ...(silentMs !== undefined && { silentMs }) };
  for await (const { level, message } of checkHeldTurns(database, limits)) lines.push(`${level}: ${message}`);
  return lines;
};

it('names the session that holds a turn, and ending it as it says lets the next change in', async () => {
  const { url, database, other } = await withHeldTurn();
  const [line = '', ...others] = await said(database, 0);
  expect(others).toEqual([]);
  const pid = /select pg_terminate_backend\((\d+)\)/.exec(line)?.[1];
  expect(line).toMatch(/^fail: .*since 20\d\d-.*Z \(0 min\): pid \d+, from .* port \d+, application ops-center-byok\./);
  expect(line).toContain(`pid ${pid},`);
  expect(line).toContain('Resume or stop the replica');
  await asSuperuser(url, `select pg_terminate_backend(${pid})`);
  (await other.acquire('ada')).release();
  await expect.poll(() => said(database, 0)).toEqual([]);
});

it('takes no notice of a turn of less than a minute, or of other locks', async () => {
  const { url, database, turn } = await withHeldTurn();
  expect(await said(database)).toEqual([]);
  turn.release();
  await expect.poll(() => said(database, 0)).toEqual([]);
  const elsewhere = await temporaryDatabase(url);
  onTestFinished(elsewhere.drop);
  const client = new pg.Client({ connectionString: elsewhere.url });
  await client.connect();
  onTestFinished(() => client.end());
  // In another database of the same server, and locks of other kinds.
  await client.query(`select pg_advisory_lock(${TURNS}, 7)`);
  const beside = new pg.Client({ connectionString: url });
  await beside.connect();
  onTestFinished(() => beside.end());
  await beside.query(`select pg_advisory_lock(1, 2), pg_advisory_lock((${TURNS}::bigint << 32) + 2)`);
  expect(await said(database, 0)).toEqual([]);
});

it('says what it can to a role that may not see the sessions of others', async () => {
  const { url, turn } = await withHeldTurn();
  const role = `blind_${randomBytes(6).toString('hex')}`;
  await asSuperuser(url, `create role ${role} login password 'secret'`);
  onTestFinished(() => asSuperuser(url, `drop role ${role}`));
  const asRole = new URL(url);
  asRole.username = role;
  asRole.password = 'secret';
  const database = await opened(asRole.href);
  const [line, ...others] = await said(database);
  expect(others).toEqual([]);
  expect(line).toMatch(/^warn: .*pid \d+, application ops-center-byok\..* may not see.*pg_terminate_backend\(\d+\)/);
  turn.release();
  await expect.poll(() => said(database)).toEqual([]);
});
