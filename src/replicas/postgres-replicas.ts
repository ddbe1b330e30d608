// The replicas that share a database know of each other, so that somebody can say when they are not kept in step.
import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { answerWithin } from '../shared/timeouts.ts';

export interface Replicas {
  /** Enters this replica, and again every ten seconds. Never rejects: it is a courtesy. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface ReplicasOptions {
  readonly db: Kysely<Schema>;
  /** Called once, when another replica is seen. */
  readonly onOthers: (count: number) => void;
}

const SEEN_MS = 10_000;
const STATEMENT_MS = 5_000;

/** How many replicas have been seen in the last half minute. */
export async function countReplicas(db: Kysely<Schema>): Promise<number> {
  const live = await db
    .selectFrom('replicas')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('seen_at', '>', sql<Date>`now() - interval '30 seconds'`)
    .executeTakeFirstOrThrow();
  return Number(live.count);
}

export function createPostgresReplicas({ db, onOthers }: ReplicasOptions): Replicas {
  const id = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  let last: Promise<void> = Promise.resolve();

  const enter = async (): Promise<void> => {
    await db
      .insertInto('replicas')
      .values({ id })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: sql<Date>`now()` }))
      .execute();
    await db.deleteFrom('replicas').where('seen_at', '<', sql<Date>`now() - interval '1 hour'`).execute();
    const count = await countReplicas(db);
    if (count > 1 && !told) {
      told = true;
      onOthers(count);
    }
  };
  const beat = (): Promise<void> => {
    last = enter().catch(() => undefined);
    return last;
  };
  return {
    start() {
      timer = setInterval(beat, SEEN_MS).unref();
      return beat();
    },
    async close() {
      clearInterval(timer);
      const gone = last.then(() => db.deleteFrom('replicas').where('id', '=', id).execute());
      await answerWithin(STATEMENT_MS, () => gone, { ref: false });
    },
  };
}
