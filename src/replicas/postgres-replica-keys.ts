// Which encryption keys the running replicas have, by the ids that each publishes in its row.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';

export interface LiveReplica {
  readonly id: string;
  /** Newest first, as its list has them. Undefined: of an older version, which does not say. */
  readonly keyIds: readonly string[] | undefined;
  readonly startedAt: Date;
  readonly host: string | null;
}

/** For so long a replica counts as running after it was last seen. */
export const ALIVE_MS = 30_000;

/** Those seen in the last half minute. */
export async function liveReplicas(db: Kysely<Schema>): Promise<LiveReplica[]> {
  const rows = await db
    .selectFrom('replicas')
    .select(['id', 'key_ids', 'started_at', 'host'])
    .where('seen_at', '>', sql<Date>`now() - make_interval(secs => ${ALIVE_MS / 1000})`)
    .orderBy('started_at')
    .execute();
  return rows.map(({ id, key_ids: keys, started_at: startedAt, host }) => ({
    id,
    startedAt,
    host,
    keyIds: keys === null ? undefined : keys.split(' ').filter((one) => one !== ''),
  }));
}

/** How many replicas have been seen in the last half minute. */
export const countReplicas = async (db: Kysely<Schema>): Promise<number> => (await liveReplicas(db)).length;

export const otherKeyIds = async (db: Kysely<Schema>): Promise<string[]> =>
  (await liveReplicas(db)).flatMap(({ keyIds = [] }) => keyIds);

/** One that does not say what it has counts as one that has it not. */
export const everyReplicaHas = async (keyId: string, db: Kysely<Schema>): Promise<boolean> =>
  (await liveReplicas(db)).every(({ keyIds }) => keyIds?.includes(keyId) === true);
