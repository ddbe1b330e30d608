// What only the owner of the audit log may do: take old rows out behind a checkpoint, and erase a person.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { errorCode } from '../database/database-statements.ts';
import { StartupProblem } from '../shared/errors.ts';
import type { AuditChain } from './audit-chain.ts';
import { auditFields } from './audit-fields.ts';
import type { AuditActor } from './audit-log.ts';
import { appendAuditRows, lockAuditChain } from './postgres-audit-rows.ts';

/** Rows that one checkpoint stands for: nobody can append while they are deleted. */
const PRUNE_BATCH = 20_000;

/** Whether the role of this connection may delete rows. */
export async function mayPruneAudit(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`select has_table_privilege('audit_log', 'delete') as yes`.execute(db);
  return rows[0]?.yes === true;
}

/** Takes out the rows written before `cutoff`. Each part of them goes in one transaction with its checkpoint row. @returns how many. */
export async function pruneAudit(
  db: Kysely<Schema>,
  chain: AuditChain,
  cutoff: Date,
  actor: AuditActor,
): Promise<number> {
  let pruned = 0;
  for (;;) {
    const part = await prunePart(db, chain, cutoff, actor);
    pruned += part;
    if (part < PRUNE_BATCH) return pruned;
  }
}

async function prunePart(db: Kysely<Schema>, chain: AuditChain, cutoff: Date, actor: AuditActor): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    const oldest = await trx
      .selectFrom('audit_log')
      .select(['seq', 'at', 'mac', 'action', 'details', 'commitment', 'salt'])
      .orderBy('seq')
      .limit(PRUNE_BATCH)
      .execute();
    // Clocks differ: the numbers count, up to the first row that is new enough to stay.
    const keep = oldest.findIndex(({ at }) => at >= cutoff);
    const old = keep === -1 ? oldest : oldest.slice(0, keep);
    const last = old.at(-1);
    // A checkpoint alone is left as it is: it would only be replaced by another one.
    if (last === undefined || old.every(({ action }) => action === 'audit.checkpoint')) return 0;
    const fields = auditFields({ action: 'audit.checkpoint', outcome: 'ok', actor });
    const erasuresLeft = (await erasuresBefore(trx)) + old.reduce((sum, row) => sum + erasuresOf(row), 0);
    const details = { pruned_to: last.seq, pruned_mac: last.mac, erasures_left: erasuresLeft };
    await appendAuditRows(trx, chain, [{ fields: { ...fields, details }, at: new Date() }]);
    await trx.deleteFrom('audit_log').where('seq', '<=', last.seq).execute();
    return old.length;
  });
}

/** Recorded erasures less erased rows among all that was pruned so far: what is recorded there counts for no other row. */
async function erasuresBefore(trx: Kysely<Schema>): Promise<number> {
  const checkpoint = await trx
    .selectFrom('audit_log')
    .select('details')
    .where('action', '=', 'audit.checkpoint')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Number(checkpoint?.details?.erasures_left ?? 0);
}

interface ErasureRow {
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly commitment: string | null;
  readonly salt: Buffer | null;
}

const erasuresOf = ({ action, details, commitment, salt }: ErasureRow): number =>
  (action === 'audit.erase' ? Number(details?.rows ?? 0) : 0) - (commitment !== null && salt === null ? 1 : 0);

/** Takes a person out of the rows that name them; the rows stay. @returns how many rows that were. */
export async function erasePerson(db: Kysely<Schema>, chain: AuditChain, userId: string): Promise<number> {
  try {
    return await db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('audit_log')
        .set({ actor_user: null, subject: null, address: null, salt: null })
        .where((is) => is.or([is('subject', '=', userId), is('actor_user', '=', userId)]))
        .executeTakeFirst();
      const rows = Number(numUpdatedRows);
      await lockAuditChain(trx);
      const actor: AuditActor = { kind: 'operator', id: 'byok audit erase' };
      const fields = auditFields({ action: 'audit.erase', outcome: 'ok', actor, details: { rows } });
      await appendAuditRows(trx, chain, [{ fields, at: new Date() }]);
      return rows;
    });
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new StartupProblem(
      'The database role may not change audit rows. Set DATABASE_MIGRATION_URL to the role that owns the tables. Nothing was changed.',
    );
  }
}
