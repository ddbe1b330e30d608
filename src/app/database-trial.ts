// Whether the database does what the service needs of it: rights, a row of the audit log, a write intent, a lock.
import { sql, type Transaction } from 'kysely';
import { tryAuditAppend } from '../audit/postgres-audit-trial.ts';
import type { Database } from '../database/database.ts';
import { foundFault } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { unwritable } from '../database/database-writability.ts';
import type { Core } from './core.ts';

/** Leaves nothing behind. @throws for `databaseFault`. */
export async function tryDatabase(
  { appends }: Database,
  { auditChain, tryLock }: Pick<Core, 'auditChain' | 'tryLock'>,
): Promise<void> {
  const fault = await unwritable(appends);
  if (fault !== undefined) throw foundFault(fault);
  await tryAuditAppend(appends, auditChain, tryWriteIntent);
  await tryLock();
}

/** As `postgres-write-intents.ts` records one. */
async function tryWriteIntent(trx: Transaction<Schema>): Promise<void> {
  await sql`insert into write_intents (id, user_id, deadline) values ('readiness', 'readiness', now())`.execute(trx);
  await sql`delete from write_intents where id = 'readiness'`.execute(trx);
}
