// Takes a person out of everything that this service keeps. Every step may be repeated: what was cut off is run again.
import { type Kysely, sql } from 'kysely';
import { type AuditAnchor, type AuditChain, anchorOf } from '../audit/audit-chain.ts';
import { readAuditHead } from '../audit/postgres-audit-rows.ts';
import { erasePerson, requireWholeAudit } from '../audit/upkeep/postgres-audit-erasure.ts';
import type { Database } from '../database/database.ts';
import type { Schema } from '../database/database-schema.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { readKeyRecord, removeChanges } from '../users/key-record.ts';
import type { UserDirectory } from '../users/user-directory.ts';
import type { UserWrites } from '../users/user-writes.ts';
import { ERASED } from './person-places.ts';

export interface ErasureParts {
  readonly database: Pick<Database, 'asOwner' | 'db'>;
  readonly auditChain: AuditChain;
  /** In Redis. Those in the memory of running services end when these see the erasure. @returns how many. */
  readonly endSessions: (userId: string) => Promise<number>;
  /** Undefined: keys are left. */
  readonly keys: { readonly directory: UserDirectory; readonly write: UserWrites['write'] } | undefined;
}

export interface Erasure {
  readonly sessions: number;
  readonly keys: number;
  readonly usage: number;
  readonly auditRows: number;
  /** Changes of the account that may still be under way: run it again when they are over. */
  readonly underWay: number;
  /** Of the last row, which is the erasure's own or a later one. Undefined: the log has no rows. */
  readonly anchor: AuditAnchor | undefined;
}

/** @throws StartupProblem, ByokError: with what was done so far done; nothing, where the audit log does not hold. Running it again goes on. */
export async function eraseEverywhere(userId: string, parts: ErasureParts): Promise<Erasure> {
  const { database, auditChain } = parts;
  // Nothing goes anywhere where the audit log could not say so: its rows are erased last.
  await database.asOwner((db) => requireWholeAudit(db, auditChain));
  // Then: every running service drops what it has in memory, and drops it again at the end.
  await database.asOwner((db) => mark(db, userId));
  const ended = await parts.endSessions(userId);
  const keys = await removeKeys(userId, parts.keys);
  const tables = await database.asOwner((db) => eraseFromTables(db, userId));
  const auditRows = await database.asOwner((db) => erasePerson(db, auditChain, userId));
  // A session that was begun meanwhile.
  const sessions = ended + (await parts.endSessions(userId));
  await database.asOwner((db) =>
    sql`update person_erasures set finished_at = clock_timestamp() where user_id = ${userId}`.execute(db),
  );
  const head = await readAuditHead(database.db);
  const anchor = head.seq === 0 ? undefined : { seq: head.seq, head: anchorOf(head) };
  return { sessions, keys, auditRows, anchor, ...tables };
}

async function mark(db: Kysely<Schema>, userId: string): Promise<void> {
  await sql`
    insert into person_erasures (user_id) values (${userId})
    on conflict (user_id) do update set begun_at = clock_timestamp(), finished_at = null`.execute(db);
}

async function removeKeys(userId: string, keys: ErasureParts['keys']): Promise<number> {
  if (keys === undefined) return 0;
  using section = await keys.directory.openSection(userId);
  if (section === undefined) return 0;
  const { attributes } = section.user;
  const held = [...PROVIDERS.values()].filter((provider) => readKeyRecord(attributes, provider) !== undefined);
  const changes = [...PROVIDERS.keys()]
    .flatMap((id) => [...removeChanges(id)])
    .filter(([name]) => attributes[name] !== undefined);
  if (changes.length > 0) await keys.write(section, new Map(changes));
  return held.length;
}

async function eraseFromTables(db: Kysely<Schema>, userId: string): Promise<Pick<Erasure, 'usage' | 'underWay'>> {
  return await db.transaction().execute(async (trx) => {
    const counters = await trx.deleteFrom('usage_counters').where('user_id', '=', userId).executeTakeFirst();
    const events = await trx
      .updateTable('usage_events')
      .set({ user_id: ERASED })
      .where('user_id', '=', userId)
      .executeTakeFirst();
    await trx.deleteFrom('key_projection').where('user_id', '=', userId).execute();
    await sql`delete from write_intents where user_id = ${userId} and deadline < clock_timestamp()`.execute(trx);
    const left = await sql<{ count: number }>`
      select count(*) as count from write_intents where user_id = ${userId}`.execute(trx);
    return {
      usage: Number(counters.numDeletedRows) + Number(events.numUpdatedRows),
      underWay: left.rows[0]?.count ?? 0,
    };
  });
}
