// Reads the audit log in pages, and checks its chain.
import { type Kysely, sql } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { type AuditAnchor, type AuditChain, type AuditRow, anchorOf } from './audit-chain.ts';
import { AUDIT_COLUMNS } from './audit-fields.ts';
import { rulesFromDetails } from './audit-rules.ts';
import type { AuditExtent, AuditFilter, AuditTrail } from './audit-trail.ts';
import { type AuditVerdict, createAuditVerification, type PrunedTo } from './audit-verification.ts';

/** Rows read at once while the chain is checked. */
const CHUNK = 2_000;

export function createPostgresAuditTrail(db: Kysely<Schema>, chain: AuditChain): AuditTrail {
  return {
    page: (filter, limit, before) => answered(readPage(db, filter, limit, before)),
    extent: () => answered(readWholeExtent(db)),
    verify: (anchors) => answered(verifyQuietly(db, chain, anchors)),
  };
}

function readPage(
  db: Kysely<Schema>,
  filter: AuditFilter,
  limit: number,
  before: number | undefined,
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit_log').select(AUDIT_COLUMNS);
  const { concerning, subject, actor, action, from, to } = filter;
  const equal = [
    ['subject', subject],
    ['provider', filter.provider],
    ['outcome', filter.outcome],
    ['request_id', filter.requestId],
  ] as const;
  for (const [column, value] of equal) if (value !== undefined) query = query.where(column, '=', value);
  if (action !== undefined) query = query.where('action', 'in', [action].flat());
  if (concerning !== undefined)
    query = query.where((is) => is.or([is('subject', '=', concerning), is('actor_user', '=', concerning)]));
  if (actor !== undefined)
    query = query.where((is) => is.or([is('actor_user', '=', actor), is('service', '=', actor)]));
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (before !== undefined) query = query.where('seq', '<', before);
  return query.orderBy('seq', 'desc').limit(limit).execute();
}

/** Rows have numbers without gaps, and are deleted from the beginning only. */
async function readWholeExtent(db: Kysely<Schema>): Promise<AuditExtent> {
  const rows = db.selectFrom('audit_log').select(['seq', 'mac', 'at']).limit(1);
  const [first, last] = [
    await rows.orderBy('seq').executeTakeFirst(),
    await rows.orderBy('seq', 'desc').executeTakeFirst(),
  ];
  if (first === undefined || last === undefined) return { rows: 0, head: undefined };
  return { rows: last.seq - first.seq + 1, head: { anchor: { seq: last.seq, head: anchorOf(last) }, at: last.at } };
}

interface Extent {
  readonly first: number | null;
  readonly last: number | null;
}

/** What looks like a flaw may be a prune or an erasure that ran meanwhile: then it is read again. */
async function verifyQuietly(
  db: Kysely<Schema>,
  chain: AuditChain,
  anchors: readonly AuditAnchor[],
): Promise<AuditVerdict> {
  for (let turn = 1; ; turn++) {
    const extent = await readExtent(db);
    const verdict = await verify(db, chain, anchors, extent);
    if (verdict.firstBad === undefined || turn === 3) return verdict;
    const now = await readExtent(db);
    if (now.first === extent.first && now.last === extent.last) return verdict;
  }
}

const readExtent = (db: Kysely<Schema>): Promise<Extent> =>
  db
    .selectFrom('audit_log')
    .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last')])
    .executeTakeFirstOrThrow();

async function verify(
  db: Kysely<Schema>,
  chain: AuditChain,
  anchors: readonly AuditAnchor[],
  { first, last }: Extent,
): Promise<AuditVerdict> {
  const prunedTo = first === null || first <= 1 ? undefined : await readCheckpoint(db, first - 1);
  const verification = createAuditVerification({ chain, anchors, prunedTo });
  for (let after = first === null ? 0 : first - 1; last !== null && after < last; ) {
    const rows = await db
      .selectFrom('audit_log')
      .select(AUDIT_COLUMNS)
      .where('seq', '>', after)
      .where('seq', '<=', last)
      .orderBy('seq')
      .limit(CHUNK)
      .execute();
    for (const row of rows) verification.add(row);
    after = rows.at(-1)?.seq ?? last;
  }
  return verification.end();
}

/** What the last checkpoint about it says of the last row that was pruned. */
async function readCheckpoint(db: Kysely<Schema>, prunedTo: number): Promise<PrunedTo | undefined> {
  const checkpoint = await db
    .selectFrom('audit_log')
    .select('details')
    .where('action', '=', 'audit.checkpoint')
    .where(sql<string>`details->>'pruned_to'`, '=', String(prunedTo))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const mac = checkpoint?.details?.pruned_mac;
  if (checkpoint === undefined || typeof mac !== 'string') return undefined;
  return { seq: prunedTo, mac, rules: rulesFromDetails(checkpoint.details) };
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw databaseUnavailable(error);
  }
}
