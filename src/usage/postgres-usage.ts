// Usage in PostgreSQL: a counter for each user, and the events that services report.
import { type Kysely, sql, type Transaction } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { ByokError } from '../shared/errors.ts';
import type { UsageBatch, UsageCount, UsageEvent, UsageStore } from './usage-store.ts';

/** For at least so long a batch that is sent again gives the answer of the first time. */
const KEYS_KEPT = '7 days';
/** Each batch with a key removes as many old ones at most: no caller waits for the end of a long list. */
const FORGOTTEN_AT_ONCE = 1_000;

export function createPostgresUsage(db: Kysely<Schema>): UsageStore {
  const counters = db.selectFrom('usage_counters').select(['user_id as userId', 'day', 'used']);
  return {
    async increment(userId, { day, amount, seed }) {
      // One statement, so that nobody comes in between. A replica whose clock is behind adds to the newer day.
      const { rows } = await answered(
        sql<UsageCount>`
          insert into usage_counters as counter (user_id, day, used) values (${userId}, ${day}::date, ${seed}::bigint + ${amount}::bigint)
          on conflict (user_id) do update set
            used = ${amount}::bigint + case when counter.day >= excluded.day then counter.used else 0 end,
            day = greatest(counter.day, excluded.day)
          returning day, used`.execute(db),
      );
      return one(rows);
    },
    async read(userId) {
      return await answered(counters.where('user_id', '=', userId).executeTakeFirst());
    },
    async reset(userId, day) {
      const { rows } = await answered(
        sql<UsageCount>`
          insert into usage_counters as counter (user_id, day, used) values (${userId}, ${day}::date, 0)
          on conflict (user_id) do update set used = 0, day = greatest(counter.day, excluded.day)
          returning day, used`.execute(db),
      );
      return one(rows);
    },
    async record(batch) {
      const result = await answered(db.transaction().execute((trx) => recordBatch(trx, batch)));
      if (batch.key !== undefined) await forgetOldBatches(db);
      return result;
    },
    async claimForMirror(day) {
      const { rows } = await answered(
        sql<UsageCount & { userId: string }>`
          update usage_counters set mirrored_on = ${day}::date
          where user_id = (
            select user_id from usage_counters
            where mirrored_on is null or (mirrored_on < ${day}::date and day >= mirrored_on)
            order by user_id limit 1 for update skip locked
          )
          returning user_id as "userId", day, used`.execute(db),
      );
      return rows[0];
    },
    async releaseClaim(userId) {
      await answered(
        db.updateTable('usage_counters').set({ mirrored_on: null }).where('user_id', '=', userId).execute(),
      );
    },
  };
}

async function recordBatch<Answer>(trx: Transaction<Schema>, batch: UsageBatch<Answer>) {
  const { service, key, bodyHash } = batch;
  if (key !== undefined) {
    // Whoever is first holds the key until the end of the transaction; the others wait here, and find its answer.
    const claimed = await trx
      .insertInto('usage_batches')
      .values({ service, batch_key: key, body_hash: bodyHash, answer: 'null' })
      .onConflict((conflict) => conflict.doNothing())
      .returning('batch_key')
      .executeTakeFirst();
    if (claimed === undefined) {
      const first = trx.selectFrom('usage_batches').select(['answer', 'body_hash as bodyHash']);
      const found = await first.where('service', '=', service).where('batch_key', '=', key).executeTakeFirstOrThrow();
      return { answer: found.answer as Answer, bodyHash: found.bodyHash };
    }
  }
  const answer = batch.answer(await insertEvents(trx, service, batch.events));
  if (key !== undefined) {
    const update = trx.updateTable('usage_batches').set({ answer: JSON.stringify(answer) });
    await update.where('service', '=', service).where('batch_key', '=', key).execute();
  }
  return { answer, bodyHash };
}

async function insertEvents(
  trx: Transaction<Schema>,
  service: string,
  events: readonly UsageEvent[],
): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  // In one order for all, so that two batches with the same events do not wait for each other.
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const rows = sorted.map((event) => ({
    service,
    event_id: event.id,
    user_id: event.userId,
    provider: event.provider,
    tokens_used: event.tokensUsed,
    cost_usd: event.costUsd,
    occurred_at: event.occurredAt,
  }));
  const inserted = await trx
    .insertInto('usage_events')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning('event_id')
    .execute();
  return new Set(inserted.map((row) => row.event_id));
}

/** Whether it works now or with a later batch does not matter. What another one is just removing is left to that. */
async function forgetOldBatches(db: Kysely<Schema>): Promise<void> {
  await sql`
    with old as materialized (
      select service, batch_key from usage_batches where created_at < now() - ${KEYS_KEPT}::interval
      order by created_at limit ${FORGOTTEN_AT_ONCE} for update skip locked
    )
    delete from usage_batches as batch using old where batch.service = old.service and batch.batch_key = old.batch_key`
    .execute(db)
    .catch(() => undefined);
}

function one<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new ByokError('database_unavailable', { reason: 'the statement answered no row' });
  return row;
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if (error instanceof ByokError) throw error;
    throw databaseUnavailable(error);
  }
}
