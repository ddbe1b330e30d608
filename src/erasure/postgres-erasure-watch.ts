// Sees in every running service that a person is being erased: sessions and memory end here too.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { createPeriodic, type Periodic } from '../shared/periodic.ts';

interface ErasureWatchOptions {
  readonly db: Kysely<Schema>;
  /** Called when an erasure begins, and again when it is finished. */
  readonly onErasure: (userId: string) => Promise<void>;
}

const EVERY_MS = 1_000;

export function createErasureWatch({ db, onErasure }: ErasureWatchOptions): Periodic {
  let seen: ReadonlySet<string> = new Set();
  const look = async (): Promise<void> => {
    const { rows } = await sql<{ user_id: string; step: string; old: boolean }>`
      select user_id, concat(begun_at, ' ', finished_at) as step,
        coalesce(finished_at < clock_timestamp() - interval '10 minutes', false) as old
      from person_erasures`.execute(db);
    const now = new Set(rows.map(({ user_id: id, step }) => `${id} ${step}`));
    for (const { user_id: id, step } of rows) if (!seen.has(`${id} ${step}`)) await onErasure(id);
    // Only when all of them were dropped: else the next look does it again.
    seen = now;
    if (rows.some(({ old }) => old))
      await sql`delete from person_erasures where finished_at < clock_timestamp() - interval '10 minutes'`.execute(db);
  };
  // A database that is away is told by those who need it.
  return createPeriodic({ run: look, rhythm: { pauseMs: EVERY_MS }, onError: () => undefined });
}
