// The projection of keys, in two tables.
import { type Kysely, sql } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import type { KeyProjection, ProjectedKey } from './key-projection.ts';

const PAGE = 1_000;

export function createPostgresKeyProjection(db: Kysely<Schema>): KeyProjection {
  return {
    replace: (userId, keys) => answered(replaceKeys(db, userId, keys)),
    keysOf: (userIds) => answered(readKeys(db, userIds)),
    async *userIds() {
      const users = db.selectFrom('key_projection').select('user_id').distinct().orderBy('user_id').limit(PAGE);
      for (let last = ''; ; ) {
        const page = await answered(users.where('user_id', '>', last).execute());
        for (const { user_id } of page) yield user_id;
        const end = page.at(-1);
        if (end === undefined) return;
        last = end.user_id;
      }
    },
    count: () => answered(count(db)),
    async saveSnapshot({ day, usersTotal, usersWithKeys, keys }, { overwrite = false } = {}) {
      const numbers = {
        users_total: usersTotal ?? null,
        users_with_keys: usersWithKeys,
        keys: JSON.stringify(keys),
      };
      const kept = await answered(
        db
          .insertInto('adoption_snapshots')
          .values({ day, ...numbers })
          .onConflict((conflict) =>
            overwrite ? conflict.column('day').doUpdateSet(numbers) : conflict.column('day').doNothing(),
          )
          .returning('day')
          .executeTakeFirst(),
      );
      return kept !== undefined;
    },
    async history(days) {
      const rows = await answered(
        db.selectFrom('adoption_snapshots').selectAll().orderBy('day', 'desc').limit(days).execute(),
      );
      return rows.reverse().map((row) => ({
        day: row.day,
        usersTotal: row.users_total ?? undefined,
        usersWithKeys: row.users_with_keys,
        keys: row.keys,
      }));
    },
  };
}

/** Rows that are right already stay as they are, with the time at which they became so. */
function replaceKeys(db: Kysely<Schema>, userId: string, keys: readonly ProjectedKey[]): Promise<void> {
  const others = db.deleteFrom('key_projection').where('user_id', '=', userId);
  return db.transaction().execute(async (trx) => {
    const providers = keys.map(({ provider }) => provider);
    const stale = providers.length === 0 ? others : others.where('provider', 'not in', providers);
    await trx.executeQuery(stale.compile());
    if (keys.length === 0) return;
    await trx
      .insertInto('key_projection')
      .values(
        keys.map(({ provider, enabled, testStatus }) => ({
          user_id: userId,
          provider,
          enabled,
          test_status: testStatus ?? null,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'provider'])
          .doUpdateSet((row) => ({
            enabled: row.ref('excluded.enabled'),
            test_status: row.ref('excluded.test_status'),
            updated_at: sql`now()`,
          }))
          .where(
            sql<boolean>`(key_projection.enabled, key_projection.test_status) is distinct from (excluded.enabled, excluded.test_status)`,
          ),
      )
      .execute();
  });
}

async function readKeys(db: Kysely<Schema>, userIds: readonly string[]): Promise<Map<string, ProjectedKey[]>> {
  const found = new Map<string, ProjectedKey[]>();
  if (userIds.length === 0) return found;
  const rows = await db
    .selectFrom('key_projection')
    .select(['user_id', 'provider', 'enabled', 'test_status'])
    .where('user_id', 'in', userIds)
    .execute();
  for (const { user_id, provider, enabled, test_status } of rows) {
    const keys = found.get(user_id) ?? [];
    keys.push({ provider, enabled, testStatus: test_status ?? undefined });
    found.set(user_id, keys);
  }
  // The order of a database's text depends on its locale.
  for (const keys of found.values()) keys.sort((a, b) => (a.provider < b.provider ? -1 : 1));
  return found;
}

async function count(db: Kysely<Schema>) {
  const table = db.selectFrom('key_projection');
  const users = table.select((row) => row.fn.count<number>('user_id').distinct().as('users'));
  const groups = table
    .select(['provider', 'test_status', (row) => row.fn.countAll<number>().as('count')])
    .groupBy(['provider', 'test_status']);
  const [{ users: usersWithKeys } = { users: 0 }] = await users.execute();
  const keys: Record<string, number> = {};
  const tests: Record<string, number> = {};
  for (const { provider, test_status, count } of await groups.execute()) {
    keys[provider] = (keys[provider] ?? 0) + count;
    const result = test_status ?? 'untested';
    tests[result] = (tests[result] ?? 0) + count;
  }
  return { usersWithKeys, keys, tests };
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw databaseUnavailable(error);
  }
}
