// Takes a person out of the audit log: out of the rows that the chain says are about them.
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from '../../database/database-schema.ts';
import { errorCode } from '../../database/database-statements.ts';
import { StartupProblem } from '../../shared/errors.ts';
import type { AuditChain, AuditRow, ChainHead } from '../audit-chain.ts';
import { auditFields } from '../audit-fields.ts';
import type { AuditActor } from '../audit-log.ts';
import { selectWithPreviousMac } from '../master-keys/postgres-key-ledger.ts';
import { nothing, type SeeRow } from '../postgres-audit-reading.ts';
import { appendAuditRows } from '../postgres-audit-rows.ts';
import { rangesOf } from '../row-numbers.ts';
import { changedMeanwhile, onWholeAudit } from './postgres-whole-audit.ts';

const ACTOR: AuditActor = { kind: 'operator', id: 'byok audit erase' };
/** Rows that are erased with one statement. */
const CHUNK = 2_000;

/** Before anything is erased anywhere. @throws AuditFlawProblem where the log does not hold. */
export const requireWholeAudit = (db: Kysely<Schema>, chain: AuditChain): Promise<void> =>
  onWholeAudit(db, chain, { gather: nothing }, async () => undefined);

/**
 * Takes a person out of the rows that name them; the rows stay. Which rows those are is taken from the log as it was written:
 * the erasure signs for their numbers, and somebody may have written the person into another's row, or out of one of theirs.
 * @returns how many rows that were.
 * @throws AuditFlawProblem where the log does not hold: nothing was erased then.
 */
export async function erasePerson(db: Kysely<Schema>, chain: AuditChain, userId: string): Promise<number> {
  try {
    return await onWholeAudit(db, chain, { gather: () => rowsNaming(userId) }, async (whole) => {
      const { seqs } = whole.gathered;
      const erase = eraser(chain, whole.reading.verification.beginning(), seqs);
      return await whole.locked(async (trx) => {
        // Those that have come since.
        await erase(trx);
        const other = await rowWith(trx, userId);
        if (other !== undefined) throw changedMeanwhile(other);
        if (seqs.length > 0) await recordErasure(trx, chain, seqs);
        return seqs.length;
      }, erase);
    });
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new StartupProblem(
      'The database role may not change audit rows. Set DATABASE_MIGRATION_URL to the role that owns the tables. Nothing was changed.',
    );
  }
}

const names = ({ subject, actorUser }: AuditRow, userId: string): boolean => subject === userId || actorUser === userId;

function rowsNaming(userId: string): { readonly seqs: number[]; readonly see: SeeRow } {
  const seqs: number[] = [];
  return {
    seqs,
    see(row) {
      if (names(row, userId)) seqs.push(row.seq);
    },
  };
}

/** Erases rows of the list that it has not erased yet. */
function eraser(chain: AuditChain, beginning: ChainHead, seqs: readonly number[]) {
  let done = 0;
  return async (trx: Transaction<Schema>): Promise<void> => {
    for (; done < seqs.length; done = Math.min(done + CHUNK, seqs.length))
      await eraseRows(trx, chain, seqs.slice(done, done + CHUNK), beginning);
  };
}

/** They are looked at once more while nobody else can change them: what held when the log was read has to hold now. */
async function eraseRows(
  trx: Transaction<Schema>,
  chain: AuditChain,
  seqs: readonly number[],
  beginning: ChainHead,
): Promise<void> {
  const rows = await selectWithPreviousMac(trx).where('seq', 'in', seqs).orderBy('seq').forUpdate().execute();
  const holds = (row: AuditRow & { previousMac: string | null }): boolean =>
    chain.flawOf(row, { seq: row.seq - 1, mac: row.previousMac ?? beginning.mac }) === undefined;
  const changed = seqs.find((seq, index) => {
    const row = rows[index];
    return row?.seq !== seq || !holds(row);
  });
  if (changed !== undefined) throw changedMeanwhile(changed);
  await trx
    .updateTable('audit_log')
    .set({ actor_user: null, subject: null, address: null, salt: null })
    .where('seq', 'in', seqs)
    .execute();
}

async function rowWith(trx: Transaction<Schema>, userId: string): Promise<number | undefined> {
  const row = await trx
    .selectFrom('audit_log')
    .select('seq')
    .where((is) => is.or([is('subject', '=', userId), is('actor_user', '=', userId)]))
    .limit(1)
    .executeTakeFirst();
  return row?.seq;
}

/** Which rows, so that no other one can be erased in the place of one of them; several rows where they are many. */
async function recordErasure(trx: Transaction<Schema>, chain: AuditChain, seqs: readonly number[]): Promise<void> {
  const fields = auditFields({ action: 'audit.erase', outcome: 'ok', actor: ACTOR });
  const news = rangesOf(seqs).map((text) => ({
    fields: { ...fields, details: { rows: seqs.length, seqs: text } },
    at: new Date(),
  }));
  await appendAuditRows(trx, chain, news);
}
