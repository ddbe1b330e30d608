import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { seedDemoUsers } from '../../src/users/postgres-demo-users.ts';
import { createTiers } from '../../src/users/tiers.ts';
import type { DirectoryUser } from '../../src/users/user-directory.ts';
import { dataFolder, ownedDataFolder } from '../support/database/data-folder.ts';
import type { DirectoryUnderTest } from './directory-under-test.ts';
import { directoryOn } from './postgres-user-directory-under-test.ts';
import { describeUserDirectory } from './user-directory-contract.ts';

describeUserDirectory('the table of users in the embedded database', async () => {
  const folder = await ownedDataFolder();
  const database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  return directoryOn(database, async () => {
    await database.close();
    folder.remove();
  });
});

describe('the table of users', () => {
  let database: Database;
  let underTest: DirectoryUnderTest;
  let remove: () => void;

  beforeAll(async () => {
    const folder = await ownedDataFolder();
    remove = folder.remove;
    database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
    underTest = directoryOn(database, database.close);
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    remove?.();
  });
  beforeEach(async () => {
    await database.db.deleteFrom('embedded_users').execute();
  });
  const everyone = async (): Promise<DirectoryUser[]> => {
    const users: DirectoryUser[] = [];
    for await (const user of underTest.directory.listUsers()) users.push(user);
    return users;
  };

  it('gets four demo users, one of each tier, with names', async () => {
    await seedDemoUsers(database.db);
    const tiers = createTiers();
    const users = await everyone();
    const seen = users.map((user) => [user.email, user.firstName, user.lastName, user.enabled, tiers.tierOf(user)]);
    expect(seen.sort()).toEqual([
      ['enterprise@example.com', 'Demo', 'Enterprise', true, 'enterprise'],
      ['professional@example.com', 'Demo', 'Professional', true, 'professional'],
      ['starter@example.com', 'Demo', 'Starter', true, 'starter'],
      ['trial@example.com', 'Demo', 'Trial', true, 'trial'],
    ]);
  });

  it('keeps demo users as they are when they are there already, and adds the one that is missing', async () => {
    await Promise.all([seedDemoUsers(database.db), seedDemoUsers(database.db)]);
    const before = await everyone();
    const changed = before.find((user) => user.email === 'starter@example.com');
    const gone = before.find((user) => user.email === 'trial@example.com');
    const section = await underTest.directory.openSection(changed?.id ?? '');
    await section?.write(new Map([['byok_groq_key', 'token']]));
    section?.close();
    await underTest.remove(gone?.id ?? '');
    await seedDemoUsers(database.db);
    const after = await everyone();
    expect(after).toHaveLength(4);
    expect((await underTest.directory.findByEmail('starter@example.com'))?.id).toBe(changed?.id);
    const kept = await underTest.directory.findById(changed?.id ?? '');
    expect(kept?.attributes.byok_groq_key).toEqual(['token']);
  });

  it('lists more users than fit on a page, each once', async () => {
    const ids = Array.from({ length: 450 }, (_, count) => `user-${count}`);
    await database.db
      .insertInto('embedded_users')
      .values(ids.map((id) => ({ id, username: id })))
      .execute();
    expect((await everyone()).map((user) => user.id).sort()).toEqual(ids.sort());
  });

  it('finds nobody by a text that the database cannot hold', async () => {
    expect(await underTest.directory.findById('a\0b')).toBeUndefined();
    expect(await underTest.directory.findByEmail('a\0b@example.com')).toBeUndefined();
  });

  it('says that a value was not kept that the database cannot hold, and stays usable', async () => {
    const id = await underTest.seed({ username: 'ada' });
    const section = await underTest.directory.openSection(id);
    await expect(section?.write(new Map([['label', 'a\0b']]))).rejects.toMatchObject({ code: 'write_conflict' });
    const stored = await section?.write(new Map([['label', 'fine']]));
    section?.close();
    expect(stored?.attributes).toEqual({ label: ['fine'] });
  });

  it('treats attribute names that mean something to JavaScript as any other', async () => {
    const id = await underTest.seed({ username: 'ada' });
    const section = await underTest.directory.openSection(id);
    const stored = await section?.write(
      new Map([
        ['__proto__', 'own'],
        ['constructor', 'too'],
      ]),
    );
    section?.close();
    expect(Object.entries(stored?.attributes ?? {}).sort()).toEqual([
      ['__proto__', ['own']],
      ['constructor', ['too']],
    ]);
  });

  it('undoes nothing that a command in another process wrote while the section was open', async () => {
    const id = await underTest.seed({ username: 'ada' });
    const section = await underTest.directory.openSection(id);
    const other = directoryOn(database, async () => undefined).directory;
    const elsewhere = await other.openSection(id);
    await elsewhere?.write(new Map([['byok_openai_key', 'theirs']]));
    elsewhere?.close();
    const stored = await section?.write(new Map([['byok_groq_key', 'ours']]));
    section?.close();
    expect(stored?.attributes).toEqual({ byok_openai_key: ['theirs'], byok_groq_key: ['ours'] });
  });

  it('answers "unavailable" to everything when the database is gone, and gives the right to write back', async () => {
    const closed = await openDatabase({ databaseUrl: undefined, dataDir: await dataFolder() });
    onTestFinished(() => closed.close());
    const { directory, seed } = directoryOn(closed, closed.close);
    const id = await seed({ username: 'ada' });
    const section = await directory.openSection(id);
    await closed.close();
    const unavailable = { code: 'database_unavailable' };
    await expect(directory.check()).rejects.toMatchObject(unavailable);
    await expect(directory.findById(id)).rejects.toMatchObject(unavailable);
    await expect(directory.findByEmail('ada@example.com')).rejects.toMatchObject(unavailable);
    await expect(directory.listUsers()[Symbol.asyncIterator]().next()).rejects.toMatchObject(unavailable);
    await expect(section?.write(new Map([['label', 'late']]))).rejects.toMatchObject(unavailable);
    section?.close();
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(directory.openSection(id)).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('destroyed'),
      });
  });
});
