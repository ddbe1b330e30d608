// Whether the database does what the service needs of it: rights, a row of the audit log, a write intent, a lock.
import { sql, type Transaction } from 'kysely';
import { tryAuditAppend } from '../audit/postgres-audit-trial.ts';
import { roomProblem } from '../database/data-folder-problem.ts';
import type { Database } from '../database/database.ts';
import { databaseFault, foundFault } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { unwritable } from '../database/database-writability.ts';
import type { Core } from './core.ts';

type Needed = Pick<Core, 'auditChain' | 'tryLock' | 'renewSessions'>;

/** What may come from a setting of the role or the database, which a session keeps from its start. */
const MAY_BE_KEPT: ReadonlySet<string> = new Set(['read_only', 'not_permitted', 'no_tables', 'failed']);

/** Leaves nothing behind. @throws for `databaseFault`. */
export async function tryDatabase(database: Database, core: Needed): Promise<void> {
  try {
    await tryWrites(database, core);
  } catch (error) {
    if (!MAY_BE_KEPT.has(databaseFault(error).word)) throw error;
    await core.renewSessions();
    await tryWrites(database, core);
    // Those that others have opened meanwhile may be older than the change.
    await core.renewSessions();
  }
}

async function tryWrites({ appends, folder }: Database, { auditChain, tryLock }: Needed): Promise<void> {
  const fault = await unwritable(appends);
  if (fault !== undefined) throw foundFault(fault);
  // What is tried may fit into a page that is there, where the next key would not.
  const full = folder === undefined ? undefined : roomProblem(folder);
  if (full !== undefined) throw foundFault({ word: 'full', lasting: false, advice: full });
  await tryAuditAppend(appends, auditChain, tryWriteIntent);
  await tryLock();
}

/** As `postgres-write-intents.ts` records one. */
async function tryWriteIntent(trx: Transaction<Schema>): Promise<void> {
  await sql`insert into write_intents (id, user_id, deadline) values ('readiness', 'readiness', now())`.execute(trx);
  await sql`delete from write_intents where id = 'readiness'`.execute(trx);
}
