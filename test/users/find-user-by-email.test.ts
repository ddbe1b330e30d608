import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createFindUserByEmail, type FindUserByEmail, whoSignsInBy } from '../../src/users/find-user-by-email.ts';
import type { UserCache } from '../../src/users/user-cache.ts';
import { createMemoryUserDirectory, type MemoryUserDirectory } from '../support/memory/memory-user-directory.ts';
import { cacheOver } from './cache/user-cache-fixture.ts';

describe('finding a user by email', () => {
  let now = 1000;
  let directory: MemoryUserDirectory;
  let cache: UserCache;
  let findUser: FindUserByEmail;
  let ada: string;
  let asked: string[];
  const open = (requireVerified: boolean) => createFindUserByEmail({ directory, cache, maxUsers: 10, requireVerified });
  const find = async (email: string) => (await findUser(email))?.view.id;
  beforeEach(() => {
    now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    directory = createMemoryUserDirectory();
    ada = directory.seed({ username: 'ada', email: 'ada@example.com' });
    asked = directory.steps;
    cache = cacheOver(directory, { ttlMs: 300_000, maxUsers: 10, staleMs: 3_600_000 });
    findUser = open(true);
  });
  afterEach(() => vi.restoreAllMocks());
  const cutOff = (): void => {
    directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
  };
  const searches = () => asked.filter((step) => step === 'findByEmail').length;

  it('asks once, for id and record together, and remembers both for a minute, whatever the letter case', async () => {
    expect(await find('ada@example.com')).toBe(ada);
    expect(await find('ADA@example.com')).toBe(ada);
    expect(await cache.get(ada)).toMatchObject({ email: 'ada@example.com' });
    expect(asked).toEqual(['findByEmail']);
    now += 59_999;
    expect(await findUser('ada@example.com')).toMatchObject({ addressMs: 1, ageMs: 59_999, stale: false });
    expect(asked).toEqual(['findByEmail']);
    now += 1;
    expect(await findUser('ada@example.com')).toMatchObject({ addressMs: 60_000, ageMs: 0 });
    expect(asked).toEqual(['findByEmail', 'findByEmail']);
  });

  it('asks once for all who ask at the same time', async () => {
    const all = await Promise.all(['ada@example.com', 'Ada@example.com', 'ada@example.com'].map(find));
    expect(all).toEqual([ada, ada, ada]);
    expect(asked).toEqual(['findByEmail']);
  });

  it('remembers an address that nobody has verified for five seconds', async () => {
    directory.change(ada, { emailVerified: false });
    findUser = open(false);
    expect(await findUser('ada@example.com')).toMatchObject({ addressMs: 5000 });
    now += 4999;
    await find('ada@example.com');
    expect(searches()).toBe(1);
    now += 1;
    expect(await findUser('ada@example.com')).toMatchObject({ addressMs: 5000 });
    expect(searches()).toBe(2);
  });

  it('refuses an address that nobody has verified where that is asked for, and takes it once it is', async () => {
    directory.change(ada, { emailVerified: false });
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'email_unverified', status: 403 });
    directory.change(ada, { emailVerified: true });
    now += 5000;
    expect(await find('ada@example.com')).toBe(ada);
    directory.change(ada, { emailVerified: false });
    now += 60_000;
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'email_unverified' });
  });

  it('gives nobody a minute later what two people had before they changed their addresses', async () => {
    const eve = directory.seed({ username: 'eve', email: 'eve@example.com' });
    expect([await find('ada@example.com'), await find('eve@example.com')]).toEqual([ada, eve]);
    directory.change(ada, { email: 'eve@example.com' });
    directory.change(eve, { email: 'ada@example.com' });
    now += 60_000;
    expect([await find('ada@example.com'), await find('eve@example.com')]).toEqual([eve, ada]);
  });

  it('keeps no record that it read before a write', async () => {
    const held = Promise.withResolvers<void>();
    directory.onStep = (step) => (step === 'findByEmail' ? held.promise : undefined);
    const early = find('ada@example.com');
    await vi.waitFor(() => expect(asked).toEqual(['findByEmail']));
    cache.put({ ...(await found(directory, ada)), firstName: 'written' });
    held.resolve();
    expect(await early).toBe(ada);
    expect(await cache.get(ada)).toMatchObject({ name: 'written' });
  });

  it.each([
    ['of that user', (cache: UserCache, id: string) => cache.invalidate(id)],
    ['of everything', (cache: UserCache) => cache.clear()],
    ['for a write', (cache: UserCache, id: string) => cache.hold(id, 'w')],
  ])('keeps no record that it began to read before memory was emptied %s', async (_, empty) => {
    const held = Promise.withResolvers<void>();
    directory.onStep = (step) => (step === 'findByEmail' ? held.promise : undefined);
    const early = find('ada@example.com');
    await vi.waitFor(() => expect(asked).toEqual(['findByEmail']));
    empty(cache, ada);
    held.resolve();
    await early;
    // Read once more, because nothing that was kept could be used.
    expect(asked).toEqual(['findByEmail', 'findById']);
  });

  it('refuses an address that several accounts have', async () => {
    directory.seed({ username: 'twin', email: 'ADA@example.com' });
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'email_ambiguous', status: 409 });
  });

  it.each(['\u212Aada@example.com', 'ada@example.\u212Ao', 'a\u030Ada@example.com'])(
    'takes %s for nobody, whoever it would be in lower case',
    async (email) => {
      directory.seed({ username: 'kada', email: 'kada@example.com' });
      directory.seed({ username: 'ko', email: 'ada@example.ko' });
      await find('kada@example.com');
      await find('ada@example.ko');
      expect(await find(email)).toBeUndefined();
    },
  );

  it('does not go on with an address that belongs to somebody else by now', async () => {
    expect(await find('ada@example.com')).toBe(ada);
    directory.change(ada, { email: 'countess@example.com' });
    const eve = directory.seed({ username: 'eve', email: 'ada@example.com' });
    // Somebody has read Ada's record meanwhile.
    await cache.find(ada, { revalidate: true });
    expect(await find('ada@example.com')).toBe(eve);
    directory.remove(eve);
    now += 60_000;
    expect(await find('ada@example.com')).toBeUndefined();
  });

  it('answers the last owner as stale while the directory is away, as long as the record answers', async () => {
    await find('ada@example.com');
    cutOff();
    now += 59_999;
    expect(await findUser('ada@example.com')).toMatchObject({ stale: false, addressMs: 1 });
    now += 1;
    expect(await findUser('ada@example.com')).toMatchObject({ view: { id: ada }, stale: true, addressMs: 0 });
    now += 3_900_000 - 60_001;
    expect(await findUser('ada@example.com')).toMatchObject({ view: { id: ada }, stale: true, addressMs: 0 });
    now += 1;
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('looks at the record where only the search fails: a former owner is not answered', async () => {
    await find('ada@example.com');
    directory.onStep = (step) => {
      if (step === 'findByEmail') throw new ByokError('directory_unavailable');
    };
    now += 60_000;
    expect(await findUser('ada@example.com')).toMatchObject({ view: { id: ada }, stale: true, addressMs: 0, ageMs: 0 });
    directory.change(ada, { email: 'countess@example.com' });
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
    directory.remove(ada);
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('signs nobody in as a last resort: it may be somebody else’s address by now', async () => {
    const signsIn = whoSignsInBy((email) => findUser(email));
    expect(await signsIn('ada@example.com')).toBe(ada);
    cutOff();
    now += 59_999;
    expect(await signsIn('ada@example.com')).toBe(ada);
    now += 1;
    await expect(signsIn('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(await find('ada@example.com')).toBe(ada);
  });

  it('does not bring back, in an outage, an owner whom the directory has said to be none', async () => {
    await find('ada@example.com');
    directory.change(ada, { email: 'countess@example.com' });
    now += 60_000;
    expect(await find('ada@example.com')).toBeUndefined();
    cutOff();
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('asks again where the owner whom it remembers is gone', async () => {
    await find('ada@example.com');
    directory.remove(ada);
    cache.invalidate(ada);
    expect(await find('ada@example.com')).toBeUndefined();
    expect(searches()).toBe(2);
  });

  it('takes nothing but an outage for one', async () => {
    await find('ada@example.com');
    directory.onStep = () => {
      throw new TypeError('a bug');
    };
    now += 60_000;
    await expect(find('ada@example.com')).rejects.toThrow('a bug');
    cache.invalidate(ada);
    await expect(find('ada@example.com')).rejects.toThrow('a bug');
  });

  it('asks nobody about an address in a spelling that nobody has', async () => {
    for (const text of ['\u212Aate@example.com', 'a\u030Ase@example.com']) expect(await find(text)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('says that nobody can say while the directory is away, never that there is nobody', async () => {
    cutOff();
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });
});

async function found(directory: MemoryUserDirectory, id: string) {
  const user = await directory.findById(id);
  if (user === undefined) throw new Error('there is no such user');
  return user;
}
