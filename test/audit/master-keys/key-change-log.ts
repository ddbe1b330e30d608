// An embedded database with an audit log in which master keys were changed, for tests of what somebody does to its rows.
import { type RawBuilder, sql } from 'kysely';
import { type AuditChain, type AuditRow, createAuditChain } from '../../../src/audit/audit-chain.ts';
import { auditFields } from '../../../src/audit/audit-fields.ts';
import { beginKeyChange, finishKeyChange } from '../../../src/audit/master-keys/postgres-key-changes.ts';
import { learnKeyLedger } from '../../../src/audit/master-keys/postgres-key-ledger.ts';
import {
  appendAuditRows,
  insertAuditRows,
  lockAuditChain,
  readAuditHead,
} from '../../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../../src/audit/postgres-audit-trail.ts';
import { pruneAudit } from '../../../src/audit/upkeep/postgres-audit-prune.ts';
import { keyCheckValue } from '../../../src/crypto/key-check.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { ownedDataFolder } from '../../support/database/data-folder.ts';
import { anEvent } from '../../support/memory/audit-rows.ts';
import { oldest, thief } from './forged-rows.ts';

const actor = { kind: 'operator', id: 'byok rewrap' } as const;
export const everywhere = async () => true;
export const nowhere = async () => false;

export type KeyChangeLog = Awaited<ReturnType<typeof openKeyChangeLog>>;

export async function openKeyChangeLog() {
  const folder = await ownedDataFolder();
  const { db, close } = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  /** A process with this list, newest first. */
  const start = async (...keys: Buffer[]): Promise<AuditChain> => {
    const chain = createAuditChain(keys);
    await learnKeyLedger(db, chain);
    return chain;
  };
  const append = (chain: AuditChain): Promise<unknown> =>
    db.transaction().execute(async (trx) => {
      await lockAuditChain(trx);
      await appendAuditRows(trx, chain, [{ fields: auditFields(anEvent()), at: new Date() }]);
    });
  const begin = async (...keys: Buffer[]): Promise<AuditChain> => {
    const chain = await start(...keys);
    if ((await beginKeyChange(db, chain, everywhere)) !== 'begun') throw new Error('no change has begun');
    await append(chain);
    return chain;
  };
  return {
    start,
    append,
    begin,
    /** Where there is one to begin. */
    tryBegin: (chain: AuditChain, everyReplicaHas = everywhere) => beginKeyChange(db, chain, everyReplicaHas),
    finish: (chain: AuditChain, everyReplicaHas = everywhere) => finishKeyChange(db, chain, { everyReplicaHas, actor }),
    /** Begins a change, and finishes it. */
    async change(...keys: Buffer[]): Promise<void> {
      const chain = await begin(...keys);
      await finishKeyChange(db, chain, { everyReplicaHas: everywhere, actor });
      await append(chain);
    },
    keyCheck: () => db.selectFrom('key_check').select(['value', 'retired']).executeTakeFirst(),
    verify: (chain: AuditChain) => createPostgresAuditTrail(db, chain).verify([]),
    head: () => readAuditHead(db),
    rows: async () => (await createPostgresAuditTrail(db, thief).page({}, 1_000)).reverse(),
    insert: (rows: readonly AuditRow[]) => db.transaction().execute((trx) => insertAuditRows(trx, rows)),
    /** What somebody does to the table by themselves. */
    tamper: (statement: RawBuilder<unknown>) => statement.execute(db),
    /** Up to the last of these rows. */
    async prune(chain: AuditChain, rows: readonly AuditRow[]): Promise<void> {
      const cutoff = new Date((rows.at(-1)?.at.getTime() ?? 0) + 1);
      await pruneAudit(db, chain, { cutoff, actor });
      await append(chain);
    },
    /** One row, of the oldest key. */
    async reset(): Promise<void> {
      await sql`truncate audit_log, key_check`.execute(db);
      await db
        .insertInto('key_check')
        .values({ value: keyCheckValue(oldest) })
        .execute();
      await append(await start(oldest));
    },
    async close(): Promise<void> {
      await close();
      await folder.remove();
    },
  };
}
