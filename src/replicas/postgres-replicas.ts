// The replicas that share a database know of each other: how many they are, and which encryption keys each has. Of these
// depends when a change to another one begins.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import type { AuditChain } from '../audit/audit-chain.ts';
import { beginKeyChange } from '../audit/master-keys/postgres-key-changes.ts';
import { learnKeyLedger } from '../audit/master-keys/postgres-key-ledger.ts';
import { lockAuditChain } from '../audit/postgres-audit-rows.ts';
import { AuditFlawProblem } from '../audit/upkeep/postgres-whole-audit.ts';
import type { Schema } from '../database/database-schema.ts';
import { createPeriodic } from '../shared/periodic.ts';
import { answerWithin } from '../shared/timeouts.ts';
import { ALIVE_MS, everyReplicaHas, liveReplicas } from './postgres-replica-keys.ts';

export interface Replicas {
  /** Enters this replica, and again every ten seconds. Never rejects: it is a courtesy. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface ReplicasOptions {
  readonly db: Kysely<Schema>;
  readonly chain: AuditChain;
  /** Called once, when another replica is seen. */
  readonly onOthers: (count: number) => void;
  /** Called when a change to another encryption key has begun, or waits because some replica does not have that key. */
  readonly onKeyChange: (state: 'begun' | 'waiting', keyId: string) => void;
  /** Called when another replica has an encryption key that this one lacks, and with none when that is over. */
  readonly onMissingKeys: (keyIds: readonly string[]) => void;
  /**
   * Called with what went wrong when this replica has been unable to look for so long that the others no longer wait for
   * it, and without when it has looked again.
   */
  readonly onInTouch: (problem?: unknown) => void;
  /** Called where the audit log has a flaw that keeps a change from beginning; again an hour later. */
  readonly onFlaw: (problem: AuditFlawProblem) => void;
  readonly everyMs?: number;
}

const SEEN_MS = 10_000;
const STATEMENT_MS = 5_000;
/** Reading the whole log takes a while. */
const FLAW_MS = 3_600_000;

export function createPostgresReplicas(options: ReplicasOptions): Replicas {
  const { db, chain, onOthers, onKeyChange, onMissingKeys, onInTouch, onFlaw, everyMs = SEEN_MS } = options;
  const { masterKeys } = chain;
  const id = randomUUID();
  const keyIds = chain.keyIds.join(' ');
  let isTold = false;
  let told: string | undefined;
  let missing = '';
  let isOut = false;
  let notBefore = 0;
  let changing: Promise<void> | undefined;

  const enter = (to: Kysely<Schema>) =>
    to
      .insertInto('replicas')
      .values({ id, key_ids: keyIds, host: hostname() })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: sql<Date>`now()`, key_ids: keyIds }))
      .execute();
  /**
   * Under the lock under which changes begin: the one that begins it has seen this replica, or this replica sees that it has begun.
   */
  const enterFirst = (): Promise<void> =>
    db.transaction().execute(async (trx) => {
      await lockAuditChain(trx);
      await enter(trx);
      await learnKeyLedger(trx, chain);
    });
  /**
   * While the others count this replica as running, no change begins without it. Once they may have stopped, one may have
   * begun, by a replica that is gone again.
   */
  const enterAgain = async (): Promise<void> => {
    if (masterKeys.isInTouch()) await enter(db);
    if (!masterKeys.isInTouch()) await enterFirst();
  };

  const changeKey = async (): Promise<void> => {
    if (performance.now() < notBefore) return;
    try {
      const state = await beginKeyChange(db, chain, everyReplicaHas);
      if (state !== undefined && state !== told) onKeyChange(state, chain.keyIds[0] ?? '');
      told = state ?? told;
    } catch (error) {
      if (!(error instanceof AuditFlawProblem)) throw error;
      notBefore = performance.now() + FLAW_MS;
      onFlaw(error);
    }
  };
  /** A long log takes longer to read than others wait for a sign of this replica: that goes on meanwhile. */
  const changeKeyWithin = async (ms: number): Promise<void> => {
    changing ??= changeKey().finally(() => {
      changing = undefined;
    });
    await answerWithin(ms, () => changing ?? Promise.resolve());
  };
  const look = async (): Promise<void> => {
    // They count from when they see it, which is later.
    const until = performance.now() + ALIVE_MS;
    await enterAgain();
    await db.deleteFrom('replicas').where('seen_at', '<', sql<Date>`now() - interval '1 hour'`).execute();
    // A clock that was wrong has left it, and it would count as running until then. One that runs says so again soon.
    const future = sql<Date>`now() + make_interval(secs => ${ALIVE_MS / 1000})`;
    await db.updateTable('replicas').set({ seen_at: sql<Date>`now()` }).where('seen_at', '>', future).execute();
    const live = await liveReplicas(db);
    if (live.length > 1 && !isTold) {
      isTold = true;
      onOthers(live.length);
    }
    masterKeys.learnOthers(
      live.flatMap((one) => one.keyIds ?? []),
      until,
    );
    tellOfTouch();
    await changeKeyWithin(everyMs);
    if (masterKeys.missing().join() !== missing) onMissingKeys(masterKeys.missing());
    missing = masterKeys.missing().join();
  };
  const tellOfTouch = (problem?: unknown): void => {
    const isOutNow = !masterKeys.isInTouch();
    if (isOutNow === isOut) return;
    isOut = isOutNow;
    onInTouch(isOut ? (problem ?? new Error('looking took too long')) : undefined);
  };
  const looking = createPeriodic({ run: look, rhythm: { everyMs }, onError: tellOfTouch });
  // Before the first look nothing is known.
  masterKeys.learnOthers([], Number.NEGATIVE_INFINITY);
  return {
    start() {
      looking.start();
      return looking.runNow();
    },
    async close() {
      const leave = async () => {
        await looking.stop();
        await db.deleteFrom('replicas').where('id', '=', id).execute();
      };
      await answerWithin(STATEMENT_MS, leave, { ref: false });
    },
  };
}
