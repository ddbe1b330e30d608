// Appends to the audit log what is taken back before anybody can see it: the way of every row, up to the commit.
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import type { AuditChain } from './audit-chain.ts';
import { auditFields } from './audit-fields.ts';
import { appendAuditRows, lockAuditChain } from './postgres-audit-rows.ts';

const ROW = { action: 'audit.verify', outcome: 'failed', actor: { kind: 'system', id: 'readiness' } } as const;

const LOCK_MS = '4000';

/**
 * The number of a row is that of the one before it and one more, under the lock of the chain, so that a row that is taken
 * back leaves no gap. `also`: what else to try in the same transaction.
 */
export async function tryAuditAppend(
  db: Kysely<Schema>,
  chain: AuditChain,
  also: (trx: Transaction<Schema>) => Promise<void>,
): Promise<void> {
  const trx = await db.startTransaction().execute();
  try {
    // Longer than any commit takes: who holds the lock for so long was left open.
    await sql`select set_config('lock_timeout', ${LOCK_MS}, true)`.execute(trx);
    await lockAuditChain(trx);
    await appendAuditRows(trx, chain, [{ fields: auditFields(ROW), at: new Date() }]);
    await also(trx);
  } finally {
    await trx.rollback().execute();
  }
}
