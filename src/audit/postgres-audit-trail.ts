// Reads the audit log in pages, and checks its chain.
import type { Kysely } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema } from '../database/database-schema.ts';
import { type AuditChain, type AuditRow, anchorOf } from './audit-chain.ts';
import { AUDIT_COLUMNS } from './audit-fields.ts';
import type { AuditExtent, AuditFilter, AuditTrail } from './audit-trail.ts';
import { nothing, readWholeLog } from './postgres-audit-reading.ts';

export function createPostgresAuditTrail(db: Kysely<Schema>, chain: AuditChain): AuditTrail {
  return {
    page: (filter, limit, before) => answered(readPage(db, filter, limit, before)),
    extent: () => answered(readWholeExtent(db)),
    async verify(anchors) {
      return (await answered(readWholeLog(db, chain, { anchors, gather: nothing }))).verdict;
    },
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

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw databaseUnavailable(error);
  }
}
