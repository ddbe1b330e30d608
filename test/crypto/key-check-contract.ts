// What a KeyCheckStore must do, on each database.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyCheckValue, verifyKeyCheck } from '../../src/crypto/key-check.ts';
import { createPostgresKeyCheck } from '../../src/crypto/postgres-key-check.ts';
import type { Database } from '../../src/database/database.ts';

export function describeKeyCheck(
  name: string,
  open: () => Promise<{ database: Database; close: () => Promise<void> }>,
) {
  describe(`the key check value in ${name}`, () => {
    let database: Database;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ database, close } = await open());
    }, 120_000);
    afterAll(async () => {
      await close?.();
    });
    beforeEach(async () => {
      await database.db.deleteFrom('key_check').execute();
    });

    it('is undefined until it is written, and then never changes', async () => {
      const store = createPostgresKeyCheck(database.db);
      expect(await store.read()).toBeUndefined();
      expect(await store.writeIfAbsent('one')).toBe('one');
      expect(await store.writeIfAbsent('two')).toBe('one');
      expect(await store.read()).toBe('one');
    });

    it('lets one of many first starts with different keys win, and stops the others', async () => {
      const keys = Array.from({ length: 20 }, (_, count) => Buffer.alloc(32, count));
      const store = createPostgresKeyCheck(database.db);
      const results = await Promise.allSettled(keys.map((key) => verifyKeyCheck(store, [key])));
      const winners = keys.filter((_, index) => results[index]?.status === 'fulfilled');
      expect(winners.map(keyCheckValue)).toEqual([await store.read()]);
    });

    it('has room for one row only', async () => {
      await database.db.insertInto('key_check').values({ value: 'one' }).execute();
      const second = database.db.insertInto('key_check').values({ id: 2, value: 'two' }).execute();
      await expect(second).rejects.toMatchObject({ code: '23514' });
    });

    it('is unavailable when the database is', async () => {
      await database.close();
      const store = createPostgresKeyCheck(database.db);
      await expect(store.read()).rejects.toMatchObject({ code: 'database_unavailable' });
      await expect(store.writeIfAbsent('one')).rejects.toMatchObject({ code: 'database_unavailable' });
    });
  });
}
