// The key check value, in a table of one row.
import type { Kysely } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import type { KeyCheckStore } from './key-check.ts';

export function createPostgresKeyCheck(db: Kysely<Schema>): KeyCheckStore {
  const read = async (): Promise<string | undefined> =>
    (await db.selectFrom('key_check').select('value').executeTakeFirst())?.value;
  return {
    read: () => answered(read()),
    writeIfAbsent: (value) =>
      answered(
        (async () => {
          await db
            .insertInto('key_check')
            .values({ value })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          // Where another process was first, its value counts.
          return (await read()) ?? value;
        })(),
      ),
  };
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw databaseUnavailable(error);
  }
}
