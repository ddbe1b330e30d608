// Rows of the audit log to and from PostgreSQL. Whoever appends holds the chain's lock until the commit.
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { type AuditChain, type AuditRow, type ChainHead, GENESIS } from './audit-chain.ts';
import type { AuditFields } from './audit-fields.ts';
import { learnKeyLedger } from './master-keys/postgres-key-ledger.ts';

/** The two numbers of an advisory lock: "byok" in ASCII, and 1 for the chain. */
const LOCK = [0x62_79_6f_6b, 1] as const;
/** 2 is for erasures and prunes, which would wait for each other's rows and the chain in a circle. */
const UPKEEP = 2;

export interface NewAuditRow {
  readonly fields: AuditFields;
  readonly at: Date;
}

/**
 * From here to the end of the transaction nobody else appends. The commit waits for the disk, whatever the server's default.
 * A statement of its own: the next one sees what the last holder of the lock has written.
 */
export async function lockAuditChain(trx: Transaction<Schema>): Promise<void> {
  await sql`select set_config('synchronous_commit', 'on', true), pg_advisory_xact_lock(${sql.lit(LOCK[0])}, ${sql.lit(LOCK[1])})`.execute(
    trx,
  );
}

/** From here to the end of the transaction nobody else erases or prunes. Taken before the lock of the chain. */
export async function lockAuditUpkeep(trx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(LOCK[0])}, ${sql.lit(UPKEEP)})`.execute(trx);
}

export async function readAuditHead(db: Kysely<Schema>): Promise<ChainHead> {
  const last = await db
    .selectFrom('audit_log')
    .select(['seq', 'mac'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ?? GENESIS;
}

/** Number of the last row that says which keys count; 0: none does. */
export async function lastRulingSeq(db: Kysely<Schema>): Promise<number> {
  // Written out, so that the planner sees that the index `audit_log_rules` has them.
  const last = await db
    .selectFrom('audit_log')
    .select('seq')
    .where(sql<boolean>`action in ('master_key.begun', 'master_key.finished', 'audit.format', 'audit.checkpoint')`)
    .where('action', '!=', 'audit.checkpoint')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.seq ?? 0;
}

/**
 * Appends after the last row there is. Call within a transaction that holds the lock. Where the log has changed which keys
 * count since this process last looked, it looks first: a row with a key that counts no more would be a flaw for ever.
 */
export async function appendAuditRows(
  trx: Transaction<Schema>,
  chain: AuditChain,
  news: readonly NewAuditRow[],
): Promise<{ readonly before: ChainHead; readonly head: ChainHead }> {
  const before = await readAuditHead(trx);
  if ((await lastRulingSeq(trx)) !== chain.masterKeys.ledger().asOf) await learnKeyLedger(trx, chain);
  const rows: AuditRow[] = [];
  for (const { fields, at } of news) rows.push(chain.extend(rows.at(-1) ?? before, fields, at));
  await insertAuditRows(trx, rows);
  return { before, head: rows.at(-1) ?? before };
}

/** One parameter, however many rows: the statement is prepared in no time. */
export async function insertAuditRows(trx: Transaction<Schema>, rows: readonly AuditRow[]): Promise<void> {
  const json = JSON.stringify(
    rows.map(({ salt, ...row }) => ({ ...row, salt: salt === null ? null : `\\x${salt.toString('hex')}` })),
  );
  await sql`
    insert into audit_log (seq, at, action, outcome, reason, provider, request_id, details, actor_kind, service,
      actor_user, subject, address, salt, commitment, key_id, mac)
    select seq, at, action, outcome, reason, provider, "requestId", details, "actorKind", service,
      "actorUser", subject, address, salt, commitment, "keyId", mac
    from jsonb_to_recordset(${json}::jsonb) as rows (seq bigint, at timestamptz, action text, outcome text, reason text,
      provider text, "requestId" text, details jsonb, "actorKind" text, service text, "actorUser" text, subject text,
      address text, salt bytea, commitment text, "keyId" text, mac text)`.execute(trx);
}
