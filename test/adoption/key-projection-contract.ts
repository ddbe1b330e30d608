// What a KeyProjection must do, on each database.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyProjection, ProjectedKey } from '../../src/adoption/key-projection.ts';
import { createPostgresKeyProjection } from '../../src/adoption/postgres-key-projection.ts';
import type { Database } from '../../src/database/database.ts';

const key = (provider: string, testStatus?: string, enabled = true): ProjectedKey => ({
  provider,
  enabled,
  testStatus,
});

export function describeKeyProjection(
  name: string,
  open: () => Promise<{ database: Database; close: () => Promise<void> }>,
) {
  describe(`the projection of keys in ${name}`, () => {
    let database: Database;
    let close: () => Promise<void>;
    let projection: KeyProjection;

    beforeAll(async () => {
      ({ database, close } = await open());
      projection = createPostgresKeyProjection(database.db);
    });
    afterAll(() => close?.());
    beforeEach(async () => {
      await database.db.deleteFrom('key_projection').execute();
      await database.db.deleteFrom('adoption_snapshots').execute();
    });

    it('knows of a user what it was told last, in the order of providers', async () => {
      const [ada, bob] = [randomUUID(), randomUUID()];
      await projection.replace(ada, [key('openai', 'valid'), key('groq')]);
      await projection.replace(bob, [key('groq', 'invalid', false)]);
      await projection.replace(ada, [key('openai', 'invalid', false), key('custom')]);
      expect(await projection.keysOf([ada, bob, randomUUID()])).toEqual(
        new Map([
          [ada, [key('custom'), key('openai', 'invalid', false)]],
          [bob, [key('groq', 'invalid', false)]],
        ]),
      );
      await projection.replace(bob, []);
      expect((await projection.keysOf([bob])).size).toBe(0);
      expect((await projection.keysOf([])).size).toBe(0);
    });

    it('leaves alone what is right already, with its time', async () => {
      const ada = randomUUID();
      const times = () => database.db.selectFrom('key_projection').select('updated_at').orderBy('provider').execute();
      await projection.replace(ada, [key('groq'), key('openai', 'valid')]);
      const before = await times();
      // Dates have milliseconds, and two changes may share one.
      await new Promise((resolve) => setTimeout(resolve, 5));
      await projection.replace(ada, [key('groq', 'valid'), key('openai', 'valid')]);
      const after = await times();
      expect(after[1]).toEqual(before[1]);
      expect(after[0]?.updated_at.getTime()).toBeGreaterThan(before[0]?.updated_at.getTime() ?? 0);
    });

    it('stands twenty at once on one user, and ends with one of them', async () => {
      const ada = randomUUID();
      const sets = Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? [key('openai', 'valid')] : [key('groq'), key('openai')],
      );
      await Promise.all(sets.map((keys) => projection.replace(ada, keys)));
      await projection.replace(ada, [key('cohere')]);
      expect(await projection.keysOf([ada])).toEqual(new Map([[ada, [key('cohere')]]]));
    });

    it('counts users, keys by provider and keys by their last test', async () => {
      expect(await projection.count()).toEqual({ usersWithKeys: 0, keys: {}, tests: {} });
      await projection.replace(randomUUID(), [key('openai', 'valid'), key('groq')]);
      await projection.replace(randomUUID(), [key('openai', undefined, false)]);
      expect(await projection.count()).toEqual({
        usersWithKeys: 2,
        keys: { openai: 2, groq: 1 },
        tests: { valid: 1, untested: 2 },
      });
    });

    it('lists everybody of whom it knows keys, once each', async () => {
      const users = Array.from({ length: 1_200 }, () => randomUUID());
      await database.db
        .insertInto('key_projection')
        .values(
          users.flatMap((user_id) => ['groq', 'openai'].map((provider) => ({ user_id, provider, enabled: true }))),
        )
        .execute();
      const listed: string[] = [];
      for await (const id of projection.userIds()) listed.push(id);
      expect(listed.sort()).toEqual(users.sort());
    });

    it('keeps a day’s numbers once, however many bring them, unless they are to be put right', async () => {
      const snapshot = { day: '2026-11-22', usersTotal: 10, usersWithKeys: 2, keys: { openai: 2 } };
      const kept = await Promise.all(Array.from({ length: 10 }, () => projection.saveSnapshot(snapshot)));
      expect(kept.filter(Boolean)).toHaveLength(1);
      expect(await projection.saveSnapshot({ ...snapshot, usersTotal: 99 })).toBe(false);
      expect(await projection.history(30)).toEqual([snapshot]);
      expect(await projection.saveSnapshot({ ...snapshot, usersTotal: 11 }, { overwrite: true })).toBe(true);
      expect(await projection.history(30)).toEqual([{ ...snapshot, usersTotal: 11 }]);
    });

    it('answers the latest days, oldest first', async () => {
      for (const day of ['2026-11-20', '2026-11-22', '2026-11-21'])
        await projection.saveSnapshot({ day, usersTotal: undefined, usersWithKeys: 0, keys: {} });
      expect((await projection.history(2)).map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22']);
    });

    it('is unavailable when the database is', async () => {
      await database.close();
      const unavailable = { code: 'database_unavailable' };
      await expect(projection.replace('x', [key('openai')])).rejects.toMatchObject(unavailable);
      await expect(projection.count()).rejects.toMatchObject(unavailable);
      await expect(projection.history(1)).rejects.toMatchObject(unavailable);
    });
  });
}
