// Write intents in a table, recorded over the very connection that holds the user's lock: whoever has lost the lock has
// lost the connection too, and can record nothing. The times are by the clock of the database.
import { randomUUID } from 'node:crypto';
import type { WriteIntents } from './write-intents.ts';

/** Runs a statement on the connection that holds the lock. @throws ByokError `database_unavailable` */
export type Ask = (statement: string, values: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** The connection that holds the lock. */
export interface LockedConnection {
  readonly ask: Ask;
  /** Of its session, as in `postgres-pool.ts`. */
  readonly mark: string;
  /** What is thrown where a statement ran in another session, which holds no lock. */
  lost(): Error;
}

const IN_MS = `clock_timestamp() + $3 * interval '1 millisecond'`;

export function createPostgresWriteIntents(userId: string, { ask, mark, lost }: LockedConnection): WriteIntents {
  // Those of others only: ours are ended, or run out.
  let found: unknown[] = [];
  return {
    async begin({ callMs, marginMs }) {
      const id = randomUUID();
      const began = performance.now();
      const recorded = await ask(
        `insert into write_intents (id, user_id, deadline)
           select $1, $2, ${IN_MS} where current_setting('byok.session', true) = $4 returning id`,
        [id, userId, callMs + marginMs, mark],
      );
      if (recorded.length === 0) throw lost();
      return {
        mayBegin: () => performance.now() - began < marginMs,
        end: () =>
          ask('delete from write_intents where id = $1', [id]).then(
            () => undefined,
            () => undefined,
          ),
      };
    },
    async unfinished() {
      const rows = await ask(
        `select id, greatest(0, extract(epoch from deadline - clock_timestamp()) * 1000)::float8 as ms
           from write_intents where user_id = $1`,
        [userId],
      );
      found = rows.map(({ id }) => id);
      return rows.length === 0 ? undefined : Math.max(...rows.map(({ ms }) => Number(ms)));
    },
    async settle() {
      await ask('delete from write_intents where id = any($1::text[])', [found]);
    },
  };
}
