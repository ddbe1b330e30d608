// The replicas that share a database know of each other, so that somebody can say when they are not kept in step.
import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { createPeriodic } from '../shared/periodic.ts';
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
  let told = false;

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
  const entering = createPeriodic({ run: enter, rhythm: { everyMs: SEEN_MS }, onError: () => undefined });
  return {
    start() {
      entering.start();
      return entering.runNow();
    },
    async close() {
      const leave = async () => {
        await entering.stop();
        await db.deleteFrom('replicas').where('id', '=', id).execute();
      };
      await answerWithin(STATEMENT_MS, leave, { ref: false });
    },
  };
}
