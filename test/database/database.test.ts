import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { dataFolder, ownedDataFolder } from '../support/database/data-folder.ts';
import { type LineProcess, startScript } from '../support/programs/child-process.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import { describeDatabase } from './database-contract.ts';

const CHILD = new URL('../support/database/database-child.ts', import.meta.url);

const embedded = (dataDir: string) => openDatabase({ databaseUrl: undefined, dataDir });
const attach = (dataDir: string) => openDatabase({ databaseUrl: undefined, dataDir, attach: true });
const open = async (dataDir: string): Promise<Database> => {
  const database = await embedded(dataDir);
  onTestFinished(() => database.close());
  return database;
};
const start = (...args: string[]): LineProcess => {
  const child = startScript(CHILD, ...args);
  onTestFinished(async () => {
    await child.kill();
  });
  return child;
};

describeDatabase('the embedded database', async () => {
  const folder = await ownedDataFolder();
  return { database: await embedded(folder.path), close: async () => folder.remove() };
});

describeDatabase('the database of a running service', async () => {
  const folder = await ownedDataFolder();
  const service = await embedded(folder.path);
  const database = await attach(folder.path);
  expect(database.kind).toBe('attached');
  return {
    database,
    close: async () => {
      await service.close();
      folder.remove();
    },
  };
});

describe('the folder of the embedded database', () => {
  it('is made for its owner only, with everything in it', async () => {
    const folder = join(temporaryFolder(), 'deep', 'data');
    const database = await open(folder);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(database.kind).toBe('pglite');
    expect([folder, join(folder, 'pgdata'), join(folder, 'lock.sqlite')].map(mode)).toEqual(['700', '700', '600']);
    expect(mode(join(folder, '.s.PGSQL.5432'))).toBe('600');
    await database.close();
    expect(existsSync(join(folder, '.s.PGSQL.5432'))).toBe(false);
  }, 120_000);

  it('keeps what was stored from one start to the next', async () => {
    const folder = await dataFolder();
    const first = await embedded(folder);
    await first.db.insertInto('key_check').values({ value: 'kept' }).execute();
    await first.close();
    const second = await open(folder);
    expect(await second.db.selectFrom('key_check').select('value').execute()).toEqual([{ value: 'kept' }]);
  });

  it('is refused to a second database in the same process and in another, until the first is gone', async () => {
    const folder = await dataFolder();
    const child = start(folder, 'own');
    expect(await child.nextLine()).toBe('pglite');
    const refusal = `Another process is using the data folder ${folder}.`;
    await expect(embedded(folder)).rejects.toThrow(refusal);
    await child.kill();
    const database = await open(folder);
    await expect(embedded(folder)).rejects.toThrow(refusal);
    expect(await database.ping()).toBeUndefined();
  });

  it('begins again where the very first start was killed half-way', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'pgdata'));
    writeFileSync(join(folder, 'pgdata', 'PG_VERSION'), '18\n');
    writeFileSync(join(folder, 'pgdata.unfinished'), '');
    const database = await open(folder);
    await expect(database.ping()).resolves.toBeUndefined();
    expect(existsSync(join(folder, 'pgdata.unfinished'))).toBe(false);
  }, 120_000);

  it('is refused with the reason where its files are not a database or it cannot be made', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'pgdata'));
    writeFileSync(join(folder, 'pgdata', 'PG_VERSION'), '9\n');
    await expect(embedded(folder)).rejects.toThrow(/cannot be opened \(.+\)\. Restore the folder/);
    // The failure has freed the folder: it is refused for the same reason again, not as in use.
    await expect(embedded(folder)).rejects.toThrow('cannot be opened');
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o600);
    await expect(embedded(join(folder, 'file', 'data'))).rejects.toThrow(/cannot be used: .*ENOTDIR/);
  });

  it('is served without a socket, and with a warning, where its path is too long for one', async () => {
    const folder = await dataFolder('x'.repeat(120));
    const warnings: string[] = [];
    const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
    const database = await openDatabase({ databaseUrl: undefined, dataDir: folder, log });
    onTestFinished(() => database.close());
    expect(warnings).toEqual(['commands cannot reach this service while it runs']);
    await expect(database.ping()).resolves.toBeUndefined();
  });
});

describe('a command on the embedded database', () => {
  it('opens the folder itself where no service runs', async () => {
    const database = await attach(await dataFolder());
    onTestFinished(() => database.close());
    expect(database.kind).toBe('pglite');
  });

  it('works in another process on the database of the running service', async () => {
    const folder = await dataFolder();
    const service = start(folder, 'own');
    expect(await service.nextLine()).toBe('pglite');
    const command = await attach(folder);
    onTestFinished(() => command.close());
    expect(command.kind).toBe('attached');
    await command.db.insertInto('key_check').values({ value: 'from the command' }).execute();
    await service.kill();
    await expect(command.ping()).rejects.toMatchObject({ code: 'database_unavailable' });
    const next = await open(folder);
    expect(await next.db.selectFrom('key_check').select('value').execute()).toEqual([{ value: 'from the command' }]);
  });

  it('leaves nothing of its transaction when it is killed, and the service goes on', async () => {
    const folder = await dataFolder();
    const { db } = await open(folder);
    const command = start(folder, 'hold', 'half');
    expect([await command.nextLine(), await command.nextLine()]).toEqual(['attached', 'held']);
    const waiting = db.selectFrom('embedded_users').select('id').execute();
    await command.kill();
    expect(await waiting).toEqual([]);
  });

  it('is refused where the service is older or newer than itself', async () => {
    const folder = await dataFolder();
    const { db } = await open(folder);
    await sql`insert into byok_migrations (name, timestamp) values ('9999-future', now())`.execute(db);
    await expect(attach(folder)).rejects.toThrow(/newer than this version of the service: it has 9999-future/);
    await sql`delete from byok_migrations`.execute(db);
    await expect(attach(folder)).rejects.toThrow(/older than this command .*0001-key-check-and-users/);
  });
});
