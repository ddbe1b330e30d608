// Appends to the audit log by group commits: what arrives while a transaction runs goes into the next one together.
import type { Kysely } from 'kysely';
import { ifLasting } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { databaseReason } from '../database/database-statements.ts';
import { ByokError } from '../shared/errors.ts';
import { answerWithin } from '../shared/timeouts.ts';
import type { AuditChain, ChainHead } from './audit-chain.ts';
import { auditFields } from './audit-fields.ts';
import type { AuditLog } from './audit-log.ts';
import { appendAuditRows, lockAuditChain, type NewAuditRow } from './postgres-audit-rows.ts';

interface PostgresAuditLogOptions {
  readonly db: Kysely<Schema>;
  readonly chain: AuditChain;
  /** Told after each commit: the last row before it, and the last one now. */
  readonly onWritten?: (before: ChainHead, head: ChainHead) => void;
  /** Told how many rows a commit wrote, and how long it took in seconds. */
  readonly onBatch?: (rows: number, seconds: number) => void;
  /** Longest wait of one event. */
  readonly waitMs?: number;
  /** How many events may wait; further ones are refused at once. */
  readonly maxWaiting?: number;
}

export interface PostgresAuditLog extends AuditLog, AsyncDisposable {
  /** Age of the oldest event that is not on disk yet, in seconds; 0 where none waits. */
  lagSeconds(): number;
  /** Writes what waits, and takes nothing more. Idempotent; takes as long as an event may wait. */
  close(): Promise<void>;
}

interface Waiting extends NewAuditRow {
  settle(error?: ByokError): void;
}

const BATCH = 500;

/** Somebody was refused while the rows were on their way: they are taken back. */
const REFUSED_MEANWHILE = new Error('an event of this batch was refused before its commit');

/**
 * An event that `append` has refused is not in the log: before each commit it is made sure that nobody in it was refused for
 * the time it took. One exception: where the answer to the commit itself was lost on its way, or came too late, the row may be
 * there. What it was about has not happened then (or is answered as unsure): a row too many is harmless, a row too few is not.
 */
export function createPostgresAuditLog(options: PostgresAuditLogOptions): PostgresAuditLog {
  const { db, chain, onWritten, onBatch, waitMs = 5_000, maxWaiting = 10_000 } = options;
  const queue = new Set<Waiting>();
  // In the order in which they came; until they are settled, wherever they are.
  const unsettled = new Set<Waiting>();
  let writing: Promise<void> | undefined;
  let isClosed = false;

  const isWaiting = (one: Waiting): boolean => unsettled.has(one);
  /** @returns the heads before and after; undefined where somebody was refused meanwhile, and nothing was written. */
  const commit = (batch: readonly Waiting[]) =>
    db
      .transaction()
      .execute(async (trx) => {
        await lockAuditChain(trx);
        const heads = await appendAuditRows(trx, chain, batch);
        if (!batch.every(isWaiting)) throw REFUSED_MEANWHILE;
        return heads;
      })
      .catch((error: unknown) => {
        if (error !== REFUSED_MEANWHILE) throw error;
        return undefined;
      });

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    // Fewer each time: who was refused is left out.
    for (let live = batch; live.length > 0; live = live.filter(isWaiting)) {
      const began = performance.now();
      try {
        const heads = await commit(live);
        if (heads === undefined) continue;
        for (const one of live) one.settle();
        onWritten?.(heads.before, heads.head);
        onBatch?.(live.length, (performance.now() - began) / 1000);
      } catch (error) {
        const refusal = new ByokError('audit_unavailable', {
          reason: `no audit row: ${databaseReason(error)}`,
          ...ifLasting(error),
        });
        for (const one of live) one.settle(refusal);
      }
      return;
    }
  };
  const writeAll = async (): Promise<void> => {
    while (queue.size > 0) {
      const batch = [...queue.values().take(BATCH)];
      for (const one of batch) queue.delete(one);
      await write(batch);
    }
    writing = undefined;
  };

  const close = async (): Promise<void> => {
    isClosed = true;
    await answerWithin(waitMs, async () => writing);
  };

  return {
    append(event) {
      if (isClosed || queue.size >= maxWaiting) {
        const reason = isClosed ? 'the service is stopping' : `${maxWaiting} events wait already`;
        return Promise.reject(new ByokError('audit_unavailable', { reason: `no audit row: ${reason}` }));
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        queue.delete(waiting);
        unsettled.delete(waiting);
        reject(new ByokError('audit_unavailable', { reason: `no audit row: the database took over ${waitMs} ms` }));
      }, waitMs);
      const waiting: Waiting = {
        fields: auditFields(event),
        at: new Date(),
        settle(error) {
          clearTimeout(timer);
          unsettled.delete(waiting);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      queue.add(waiting);
      unsettled.add(waiting);
      writing ??= writeAll();
      return promise;
    },
    lagSeconds() {
      const [oldest] = unsettled;
      return oldest === undefined ? 0 : (Date.now() - oldest.at.getTime()) / 1000;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
