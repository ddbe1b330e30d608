// What every UserDirectory must do, run on each adapter over its real store.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryUser, UserDirectory, UserSection } from '../../src/users/user-directory.ts';

export interface SeedUser {
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Default true. */
  readonly enabled?: boolean;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

export interface DirectoryUnderTest {
  readonly directory: UserDirectory;
  /** Creates a user in the store, behind the directory's back. @returns its id. */
  seed(user: SeedUser): Promise<string>;
  /** Removes a user from the store, behind the directory's back. */
  remove(id: string): Promise<void>;
  /** Frees what `open` made besides the directory, which the suite closes itself. */
  close(): Promise<void>;
}

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

    const ada = (): SeedUser => {
      const unique = randomUUID();
      return {
        username: `ada-${unique}`,
        email: `ada-${unique}@example.com`,
        firstName: 'Ada',
        lastName: 'Lovelace',
        attributes: { department: ['Engines'], subscription_tier: ['starter'] },
      };
    };
    const mustFind = async (id: string): Promise<DirectoryUser> => present(await directory.findById(id));
    const mustOpen = async (id: string): Promise<UserSection> => present(await directory.openSection(id));
    const write = async (id: string, changes: Readonly<Record<string, string | null>>): Promise<DirectoryUser> => {
      const section = await mustOpen(id);
      try {
        return await section.write(new Map(Object.entries(changes)));
      } finally {
        section.close();
      }
    };

    it('passes its own check', async () => {
      await expect(directory.check()).resolves.toBeUndefined();
    });

    it('finds a user by id with everything that it holds', async () => {
      const seeded = ada();
      const id = await underTest.seed(seeded);
      expect(await mustFind(id)).toEqual({ ...seeded, id, enabled: true });
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
      for (const id of ['', '.', '..', 'count', 'profile', 'a/b', '../users', '%', '*'])
        expect(await directory.findById(id), `id ${JSON.stringify(id)}`).toBeUndefined();
    });

    it('finds a user by email in whatever case it is written', async () => {
      const seeded = ada();
      const id = await underTest.seed(seeded);
      expect((await directory.findByEmail(String(seeded.email)))?.id).toBe(id);
      expect(await directory.findByEmail(String(seeded.email).toUpperCase())).toEqual(await mustFind(id));
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
      const user = await mustFind(id);
      expect(user).toEqual({ id, username, enabled: false, attributes: {} });
      expect(user.email).toBeUndefined();
    });

    it('reads every value of an attribute that has several', async () => {
      const id = await underTest.seed({ ...ada(), attributes: { subscription_tier: ['enterprise', 'free'] } });
      expect([...((await mustFind(id)).attributes.subscription_tier ?? [])].sort()).toEqual(['enterprise', 'free']);
    });

    it('hands a section the user as it is, and write returns what is stored', async () => {
      const id = await underTest.seed(ada());
      const section = await mustOpen(id);
      expect(section.user).toEqual(await mustFind(id));
      const stored = await section.write(new Map([['byok_groq_label', 'Groq key']]));
      section.close();
      expect(stored.attributes.byok_groq_label).toEqual(['Groq key']);
      expect(stored).toEqual(await mustFind(id));
    });

    it('keeps everything that a write does not name', async () => {
      const seeded = ada();
      const id = await underTest.seed({ ...seeded, enabled: false });
      await write(id, { byok_groq_key: 'one', byok_groq_label: 'Groq key' });
      await write(id, { byok_groq_key: 'two' });
      expect(await mustFind(id)).toEqual({
        ...seeded,
        id,
        enabled: false,
        attributes: { ...seeded.attributes, byok_groq_key: ['two'], byok_groq_label: ['Groq key'] },
      });
    });

    it('keeps a user without email and names writable', async () => {
      const id = await underTest.seed({ username: `bare-${randomUUID()}` });
      await write(id, { byok_groq_key: 'one' });
      expect((await mustFind(id)).attributes).toEqual({ byok_groq_key: ['one'] });
    });

    it('removes an attribute that is set to null, even one that was not there', async () => {
      const id = await underTest.seed(ada());
      await write(id, { byok_groq_key: 'one', byok_groq_label: 'Groq key' });
      const stored = await write(id, { byok_groq_key: null, byok_groq_endpoint: null });
      expect(Object.keys(stored.attributes).sort()).toEqual(['byok_groq_label', 'department', 'subscription_tier']);
      expect(await mustFind(id)).toEqual(stored);
    });

    it('replaces several values by exactly one', async () => {
      const id = await underTest.seed({ ...ada(), attributes: { byok_groq_key: ['one', 'two', 'three'] } });
      expect((await write(id, { byok_groq_key: 'four' })).attributes.byok_groq_key).toEqual(['four']);
    });

    it('keeps the longest key and characters beyond ASCII', async () => {
      const id = await underTest.seed(ada());
      const changes = { byok_groq_key: 'k'.repeat(8192), byok_groq_label: 'Schlüssel 🔑 für 日本' };
      const { attributes } = await write(id, changes);
      expect(attributes.byok_groq_key).toEqual([changes.byok_groq_key]);
      expect(attributes.byok_groq_label).toEqual([changes.byok_groq_label]);
    });

    it('lets a section write more than once', async () => {
      const id = await underTest.seed(ada());
      const section = await mustOpen(id);
      await section.write(new Map([['byok_groq_key', 'one']]));
      await section.write(new Map([['byok_groq_label', 'Groq key']]));
      section.close();
      const { attributes } = await mustFind(id);
      expect([attributes.byok_groq_key, attributes.byok_groq_label]).toEqual([['one'], ['Groq key']]);
    });

    it('refuses a write after the section was closed, and closing twice is the same as once', async () => {
      const id = await underTest.seed(ada());
      const first = await mustOpen(id);
      first.close();
      first.close();
      await expect(first.write(new Map([['byok_groq_key', 'late']]))).rejects.toThrow();
      const second = await mustOpen(id);
      // A second close of the first section must not end the second one's right.
      first.close();
      const third = directory.openSection(id);
      await second.write(new Map([['byok_groq_key', 'one']]));
      second.close();
      const section = present(await third);
      expect(section.user.attributes.byok_groq_key).toEqual(['one']);
      section.close();
    });

    it('gives the right back when a write fails', async () => {
      const id = await underTest.seed(ada());
      const section = await mustOpen(id);
      await underTest.remove(id);
      await expect(section.write(new Map([['byok_groq_key', 'one']]))).rejects.toMatchObject({ name: 'ByokError' });
      section.close();
      expect(await directory.openSection(id)).toBeUndefined();
    });

    it('loses nothing when ten writers change one user at once', async () => {
      const seeded = ada();
      const id = await underTest.seed(seeded);
      const providers = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq', 'custom'];
      const names = [...providers.map((p) => `byok_${p}_key`), 'byok_openai_label', 'byok_groq_label'];
      await Promise.all(names.map((attribute) => write(id, { [attribute]: `value of ${attribute}` })));
      expect(await mustFind(id)).toEqual({
        ...seeded,
        id,
        enabled: true,
        attributes: { ...seeded.attributes, ...Object.fromEntries(names.map((name) => [name, [`value of ${name}`]])) },
      });
    });

    it('lets one user be changed while another is held', async () => {
      const held = await mustOpen(await underTest.seed(ada()));
      const other = await underTest.seed(ada());
      await write(other, { byok_groq_key: 'one' });
      held.close();
      expect((await mustFind(other)).attributes.byok_groq_key).toEqual(['one']);
    });

    describe('searching', () => {
      const page = { first: 0, max: 50 };
      const search = async (query: string): Promise<string[]> =>
        (await directory.search(query, page)).map(({ id }) => id);
      /** A name that nobody else has. */
      const unique = (): string => `q${randomUUID().replaceAll('-', '').slice(0, 12)}`;

      it('finds a part of an email, a username, a first or a last name, letter case ignored', async () => {
        const name = unique();
        const ids = [
          await underTest.seed({ username: `a-${name}-x`, email: `${unique()}@example.com` }),
          await underTest.seed({ username: `b-${unique()}`, email: `the.${name}.one@example.com` }),
          await underTest.seed({ username: `c-${unique()}`, firstName: `Anne${name.toUpperCase()}` }),
          await underTest.seed({ username: `d-${unique()}`, lastName: `O${name}Neill`, enabled: false }),
        ];
        expect(await search(name)).toEqual(ids);
        expect(await search(name.toUpperCase())).toEqual(ids);
        expect(await search(` ${name.slice(1)}\t`)).toEqual(ids);
        expect(await search(unique())).toEqual([]);
      });

      it('answers everything that the user holds', async () => {
        const seeded = ada();
        const id = await underTest.seed(seeded);
        expect(await directory.search(seeded.username, page)).toEqual([await mustFind(id)]);
      });

      it('wants every word of several, in whichever of the names', async () => {
        const [first, last] = [unique(), unique()];
        const id = await underTest.seed({ username: unique(), firstName: first, lastName: last });
        await underTest.seed({ username: unique(), firstName: first, lastName: unique() });
        expect(await search(`${last} ${first.slice(2)}`)).toEqual([id]);
        expect(await search(`${first} ${unique()}`)).toEqual([]);
        expect(await search(`${first}${last}`), 'not across two of them').toEqual([]);
      });

      it('takes every character for itself', async () => {
        const name = unique();
        const plain = await underTest.seed({ username: `${name}-a`, email: `${name}.a@example.com` });
        const special = await underTest.seed({ username: `${name}_a`, email: `${name}%a@example.com` });
        expect(await search(`${name}_a`)).toEqual([special]);
        expect(await search(`${name}%a`)).toEqual([special]);
        expect(await search(`${name}.a`)).toEqual([plain]);
        const nobody = [
          '*',
          '%',
          '_',
          `${name}*`,
          `*${name}*`,
          `"${name}"`,
          `"${name}-a"`,
          `${name}\\`,
          '\\',
          `id:${plain}`,
        ];
        for (const other of nobody) {
          const found = (await search(other)).filter((id) => [plain, special].includes(id));
          const expected = other === '%' || other === '_' ? [special] : [];
          expect(found, `query ${other}`).toEqual(expected);
        }
      });

      it('finds somebody by their id, and nobody by a part of it', async () => {
        const seeded = ada();
        const id = await underTest.seed(seeded);
        expect(await directory.search(id, page)).toEqual([await mustFind(id)]);
        expect(await search(id.slice(0, -1))).toEqual([]);
        expect(await search(randomUUID())).toEqual([]);
      });

      it('gives pages that follow one another', async () => {
        const name = unique();
        const ids: string[] = [];
        for (const letter of ['a', 'b', 'c', 'd', 'e'])
          ids.push(await underTest.seed({ username: `${letter}-${name}` }));
        const pages = [];
        for (const first of [0, 2, 4, 6]) pages.push(await directory.search(name, { first, max: 2 }));
        expect(pages.map((users) => users.map(({ id }) => id))).toEqual([
          ids.slice(0, 2),
          ids.slice(2, 4),
          ids.slice(4),
          [],
        ]);
      });
    });

    it('lists every user once', async () => {
      const ids = await Promise.all([ada(), ada(), ada()].map((user) => underTest.seed(user)));
      const listed: DirectoryUser[] = [];
      for await (const user of directory.listUsers()) listed.push(user);
      const first = present(listed.find((user) => user.id === ids[0]));
      expect(new Set(listed.map((user) => user.id)).size).toBe(listed.length);
      expect(listed.map((user) => user.id)).toEqual(expect.arrayContaining(ids));
      expect(first).toEqual(await mustFind(first.id));
    });
  });
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected to find the user');
  return value;
}
