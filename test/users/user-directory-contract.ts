// What every UserDirectory must do, run on each adapter over its real store.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryUser, UserDirectory } from '../../src/users/user-directory.ts';
import { ada, type DirectoryUnderTest, mustFind, present } from './directory-under-test.ts';
import { describeSearching } from './user-directory-search-contract.ts';
import { itChangesUsersInSections } from './user-directory-sections-contract.ts';

/** Keycloak answers several of these with 500, with a list, or with its realm (measured). */
export const ODD_IDS = [
  ...[
    '',
    '.',
    '..',
    './',
    'count',
    'profile',
    'a/b',
    '../users',
    '../..',
    '%',
    '%2e%2e',
    '*',
    'a?b',
    'a#b',
    'a;b=c',
    '\\',
  ],
  ...['f:', 'f:a', 'f::', 'f:::', 'f: ', 'f:a/b', 'f:\u0000', 'f:a:\u0000', `f:${randomUUID()}`, `f:${randomUUID()}:`],
  ...[`f:${randomUUID()}:nobody`, `f:${'c'.repeat(37)}:nobody`, 'f:a:b', 'F:a', 'f'],
  ...['\u0000', 'a\u0000b', '\ud800', 'a\udc00b', '\n', '\t', '\u007f', '\u2028', '\ufeff', 'ü', '日本', '😀'],
  ...[
    'x'.repeat(37),
    'x'.repeat(256),
    'x'.repeat(9_000),
    'x'.repeat(70_000),
    `f:${randomUUID()}:${'x'.repeat(70_000)}`,
  ],
];

/**
 * @param open makes the directory and its store. The store must keep the attributes of `realm-attributes.ts`
 *   and one that is not ours: `department`.
 */
export function describeUserDirectory(name: string, open: () => Promise<DirectoryUnderTest>): void {
  describe(`${name} as a user directory`, () => {
    let underTest: DirectoryUnderTest;
    let directory: UserDirectory;

    beforeAll(async () => {
      underTest = await open();
      directory = underTest.directory;
    });
    afterAll(async () => {
      await directory?.close();
      await directory?.close();
      await underTest?.close();
    });

    it('passes its own check', async () => {
      await expect(directory.check()).resolves.toBeUndefined();
    });

    it('finds a user by id with everything that it holds', async () => {
      const seeded = ada();
      const id = await underTest.seed(seeded);
      expect(await mustFind(directory, id)).toEqual({ ...seeded, id, enabled: true, emailVerified: true });
    });

    it('answers undefined for an id that no user has', async () => {
      expect(await directory.findById(randomUUID())).toBeUndefined();
      const id = randomUUID();
      expect(await directory.openSection(id)).toBeUndefined();
      expect(await directory.openSection(id), 'and does not keep the right to change it').toBeUndefined();
    });

    it('counts its users', async () => {
      const before = await directory.count();
      const id = await underTest.seed(ada());
      expect(await directory.count()).toBe(before + 1);
      await underTest.remove(id);
      expect(await directory.count()).toBe(before);
    });

    it('answers undefined for ids that are not ids', async () => {
      for (const id of ODD_IDS) {
        expect(await directory.findById(id), `id ${JSON.stringify(id)}`).toBeUndefined();
        expect(await directory.openSection(id), `section of ${JSON.stringify(id)}`).toBeUndefined();
      }
    });

    it('answers undefined for emails that nobody can have', async () => {
      for (const email of ['a\u0000@example.com', 'a\ud800@example.com', `${'a'.repeat(9_000)}@example.com`])
        expect(await directory.findByEmail(email), `email ${JSON.stringify(email).slice(0, 40)}`).toBeUndefined();
    });

    it('finds a user by email in whatever case it is written', async () => {
      const seeded = ada();
      const id = await underTest.seed(seeded);
      expect((await directory.findByEmail(String(seeded.email)))?.id).toBe(id);
      expect(await directory.findByEmail(String(seeded.email).toUpperCase())).toEqual(await mustFind(directory, id));
    });

    it('takes an email literally: no wildcard, no part of one, nothing for an empty one', async () => {
      const seeded = ada();
      await underTest.seed(seeded);
      const email = String(seeded.email);
      for (const other of ['', '*', '%', 'ada-*', email.replace('ada', '_da'), email.slice(1), `${email}.org`])
        expect(await directory.findByEmail(other), `email ${JSON.stringify(other)}`).toBeUndefined();
    });

    it('reads a disabled user as disabled and one without email and names as such', async () => {
      const username = `bare-${randomUUID()}`;
      const id = await underTest.seed({ username, enabled: false });
      const user = await mustFind(directory, id);
      expect(user).toEqual({ id, username, enabled: false, emailVerified: true, attributes: {} });
      expect(user.email).toBeUndefined();
    });

    it('reads every value of an attribute that has several', async () => {
      const id = await underTest.seed({ ...ada(), attributes: { subscription_tier: ['enterprise', 'free'] } });
      expect([...((await mustFind(directory, id)).attributes.subscription_tier ?? [])].sort()).toEqual([
        'enterprise',
        'free',
      ]);
    });

    itChangesUsersInSections(() => underTest);
    describeSearching(() => underTest);

    it('lists every user once', async () => {
      const ids = await Promise.all([ada(), ada(), ada()].map((user) => underTest.seed(user)));
      const listed: DirectoryUser[] = [];
      for await (const user of directory.listUsers()) listed.push(user);
      const first = present(listed.find((user) => user.id === ids[0]));
      expect(new Set(listed.map((user) => user.id)).size).toBe(listed.length);
      expect(listed.map((user) => user.id)).toEqual(expect.arrayContaining(ids));
      expect(first).toEqual(await mustFind(directory, first.id));
    });
  });
}
