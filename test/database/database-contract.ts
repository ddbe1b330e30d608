// What a Database must do, whichever it is: the same SQL gives the same values, transactions hold, errors say the same.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';

export interface DatabaseUnderTest {
  readonly database: Database;
  /** Frees what `open` made besides the database, which the suite closes itself. */
  close(): Promise<void>;
}

export function describeDatabase(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`${name} as a database`, () => {
    let underTest: DatabaseUnderTest;
    let database: Database;

    beforeAll(async () => {
      underTest = await open();
      database = underTest.database;
      await sql`create table counters (name text primary key, count integer not null)`.execute(database.db);
    }, 120_000);
    afterAll(async () => {
      await database?.close();
      await underTest?.close();
    });

    const addCounter = (counter: string) => sql`insert into counters values (${counter}, 0)`.execute(database.db);
    const countOf = async (counter: string): Promise<number | undefined> => {
      const { rows } = await sql<{
        count: number;
      }>`select count from counters where name = ${counter}`.execute(database.db);
      return rows[0]?.count;
    };

    it('answers a ping', async () => {
      await expect(database.ping()).resolves.toBeUndefined();
    });

    it('gives every type of column back as the same kind of value', async () => {
      await sql`create table every_type (t text, b boolean, i integer, big bigint, f double precision, n numeric,
        at timestamptz, day date, bytes bytea, doc jsonb, nothing text)`.execute(database.db);
      const row = {
        t: 'Schlüssel 🔑 日本',
        b: true,
        i: -7,
        big: Number.MAX_SAFE_INTEGER,
        f: 1.5,
        n: '12345678901234567890.12',
        at: new Date('2026-11-22T13:14:15.678Z'),
        day: '2026-02-28',
        bytes: Buffer.from([0, 1, 127, 128, 255]),
        doc: { list: ['a', 'b'], deep: { number: 1.25, nothing: null, text: 'ü\n"' } },
        nothing: null,
      };
      const values = [...Object.values({ ...row, doc: JSON.stringify(row.doc) })];
      await sql`insert into every_type values (${sql.join(values)})`.execute(database.db);
      const { rows } = await sql<typeof row>`select * from every_type`.execute(database.db);
      expect(rows).toEqual([row]);
      expect(Buffer.isBuffer(rows[0]?.bytes)).toBe(true);
      const counted = await sql`select count(*) as count from every_type`.execute(database.db);
      expect(counted.rows).toEqual([{ count: 1 }]);
    });

    it('carries large values and many rows', async () => {
      const long = 'x'.repeat(1_000_000);
      const value = await sql<{ long: string }>`select ${long}::text as long`.execute(database.db);
      expect(value.rows[0]?.long === long).toBe(true);
      const rows = await sql`select n, repeat('y', 100) as text from generate_series(1, 20000) as n`.execute(
        database.db,
      );
      expect(rows.rows).toHaveLength(20_000);
      expect(rows.rows.at(-1)).toEqual({ n: 20_000, text: 'y'.repeat(100) });
    });

    it('says how many rows a change touched', async () => {
      await addCounter('touched');
      const hit = await sql`update counters set count = 1 where name = 'touched'`.execute(database.db);
      const missed = await sql`update counters set count = 1 where name = 'nobody'`.execute(database.db);
      expect([hit.numAffectedRows, missed.numAffectedRows]).toEqual([1n, 0n]);
    });

    it('keeps a committed transaction and forgets one that failed', async () => {
      await addCounter('kept');
      await database.db.transaction().execute(async (transaction) => {
        await sql`update counters set count = 5 where name = 'kept'`.execute(transaction);
      });
      const failed = database.db.transaction().execute(async (transaction) => {
        await sql`update counters set count = 99 where name = 'kept'`.execute(transaction);
        throw new Error('changed my mind');
      });
      await expect(failed).rejects.toThrow('changed my mind');
      expect(await countOf('kept')).toBe(5);
    });

    it('names what was wrong with a statement, and works on after it, within a transaction and without', async () => {
      await addCounter('twice');
      const duplicate = { code: '23505', constraint: 'counters_pkey' };
      await expect(addCounter('twice')).rejects.toMatchObject(duplicate);
      const inTransaction = database.db.transaction().execute(async (transaction) => {
        await sql`insert into counters values ('lost', 1)`.execute(transaction);
        await sql`insert into counters values ('twice', 1)`.execute(transaction);
      });
      await expect(inTransaction).rejects.toMatchObject(duplicate);
      await expect(sql`select nothing from nowhere`.execute(database.db)).rejects.toMatchObject({ code: '42P01' });
      await expect(sql`select 1 / ${0}::integer`.execute(database.db)).rejects.toMatchObject({ code: '22012' });
      expect([await countOf('twice'), await countOf('lost')]).toEqual([0, undefined]);
    });

    it('keeps transactions apart that run at the same time', async () => {
      await addCounter('shared');
      const increment = () =>
        database.db.transaction().execute(async (transaction) => {
          const { rows } = await sql<{
            count: number;
          }>`select count from counters where name = 'shared' for update`.execute(transaction);
          await sql`update counters set count = ${(rows[0]?.count ?? 0) + 1} where name = 'shared'`.execute(
            transaction,
          );
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(await countOf('shared')).toBe(20);
    });

    it('closes twice as once, and then answers no ping', async () => {
      await database.close();
      await database.close();
      await expect(database.ping()).rejects.toMatchObject({ code: 'database_unavailable' });
    });
  });
}
