// How a UserDirectory must search: part of `user-directory-contract.ts`.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ada, type DirectoryUnderTest, mustFind } from './directory-under-test.ts';

export function describeSearching(underTest: () => DirectoryUnderTest): void {
  describe('searching', () => {
    const page = { first: 0, max: 50 };
    const search = async (query: string): Promise<string[]> =>
      (await underTest().directory.search(query, page)).map(({ id }) => id);
    /** A name that nobody else has. */
    const unique = (): string => `q${randomUUID().replaceAll('-', '').slice(0, 12)}`;

    it('finds a part of an email, a username, a first or a last name, letter case ignored', async () => {
      const name = unique();
      const ids = [
        await underTest().seed({ username: `a-${name}-x`, email: `${unique()}@example.com` }),
        await underTest().seed({ username: `b-${unique()}`, email: `the.${name}.one@example.com` }),
        await underTest().seed({ username: `c-${unique()}`, firstName: `Anne${name.toUpperCase()}` }),
        await underTest().seed({ username: `d-${unique()}`, lastName: `O${name}Neill`, enabled: false }),
      ];
      expect(await search(name)).toEqual(ids);
      expect(await search(name.toUpperCase())).toEqual(ids);
      expect(await search(` ${name.slice(1)}\t`)).toEqual(ids);
      expect(await search(unique())).toEqual([]);
    });

    it('answers everything that the user holds', async () => {
      const seeded = ada();
      const id = await underTest().seed(seeded);
      expect(await underTest().directory.search(seeded.username, page)).toEqual([
        await mustFind(underTest().directory, id),
      ]);
    });

    it('wants every word of several, in whichever of the names', async () => {
      const [first, last] = [unique(), unique()];
      const id = await underTest().seed({ username: unique(), firstName: first, lastName: last });
      await underTest().seed({ username: unique(), firstName: first, lastName: unique() });
      expect(await search(`${last} ${first.slice(2)}`)).toEqual([id]);
      expect(await search(`${first} ${unique()}`)).toEqual([]);
      expect(await search(`${first}${last}`), 'not across two of them').toEqual([]);
    });

    it('takes every character for itself', async () => {
      const name = unique();
      const plain = await underTest().seed({ username: `${name}-a`, email: `${name}.a@example.com` });
      const special = await underTest().seed({ username: `${name}_a`, email: `${name}%a@example.com` });
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
      const id = await underTest().seed(seeded);
      expect(await underTest().directory.search(id, page)).toEqual([await mustFind(underTest().directory, id)]);
      expect(await search(id.slice(0, -1))).toEqual([]);
      expect(await search(randomUUID())).toEqual([]);
    });

    it('gives pages that follow one another', async () => {
      const name = unique();
      const ids: string[] = [];
      for (const letter of ['a', 'b', 'c', 'd', 'e'])
        ids.push(await underTest().seed({ username: `${letter}-${name}` }));
      const pages = [];
      for (const first of [0, 2, 4, 6]) pages.push(await underTest().directory.search(name, { first, max: 2 }));
      expect(pages.map((users) => users.map(({ id }) => id))).toEqual([
        ids.slice(0, 2),
        ids.slice(2, 4),
        ids.slice(4),
        [],
      ]);
    });
  });
}
