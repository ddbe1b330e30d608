// Reads the audit log in PostgreSQL from its beginning, in parts, and checks its chain.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import type { AuditAnchor, AuditChain, AuditRow } from './audit-chain.ts';
import { AUDIT_COLUMNS } from './audit-fields.ts';
import { rulesFromDetails } from './audit-rules.ts';
import {
  type AuditVerdict,
  type AuditVerification,
  createAuditVerification,
  type PrunedTo,
} from './audit-verification.ts';
import { readBelievedRules } from './master-keys/postgres-key-ledger.ts';

/** Rows read at once while the chain is checked. */
const CHUNK = 2_000;

/** Told of each row, after it was checked. What it makes of them is of use once the verdict is that everything holds. */
export type SeeRow = (row: AuditRow, verification: AuditVerification) => void;

export interface AuditReading {
  /** Number of the first row when the reading began; null: there was none. */
  readonly first: number | null;
  readonly verification: AuditVerification;
  /** Reads the rows that have come since. */
  readOn(db: Kysely<Schema>): Promise<void>;
  /** Whether the log has grown, or was pruned, since it was read. */
  isBehind(db: Kysely<Schema>): Promise<boolean>;
}

interface ReadingOptions<T extends { readonly see: SeeRow }> {
  readonly anchors?: readonly AuditAnchor[];
  /** What gathers from the rows; a new one each time that the log is read from its beginning. */
  readonly gather: () => T;
}

interface WholeReading<T> {
  readonly reading: AuditReading;
  readonly verdict: AuditVerdict;
  readonly gathered: T;
}

/** What looks like a flaw may be a prune or an erasure that ran meanwhile: then it is read again. */
export async function readWholeLog<T extends { readonly see: SeeRow }>(
  db: Kysely<Schema>,
  chain: AuditChain,
  { anchors = [], gather }: ReadingOptions<T>,
): Promise<WholeReading<T>> {
  for (let turn = 1; ; turn++) {
    const gathered = gather();
    const reading = await openReading(db, chain, anchors, gathered.see);
    const verdict = reading.verification.verdict();
    if (verdict.firstBad === undefined || turn === 3 || !(await reading.isBehind(db)))
      return { reading, verdict, gathered };
  }
}

/** For those who want the verdict only. */
export const nothing = (): { readonly see: SeeRow } => ({ see: () => undefined });

async function openReading(
  db: Kysely<Schema>,
  chain: AuditChain,
  anchors: readonly AuditAnchor[],
  see: SeeRow,
): Promise<AuditReading> {
  const { first, last } = await readExtent(db);
  const prunedTo = first === null ? undefined : await readPrunedTo(db, chain, first);
  const verification = createAuditVerification({ chain, anchors, prunedTo });
  let after = first === null ? 0 : first - 1;
  const add = (row: AuditRow): void => {
    verification.add(row);
    see(row, verification);
    after = row.seq;
  };
  const readTo = async (from: Kysely<Schema>, end: number): Promise<void> => {
    while (after < end) {
      const rows = await rowsBehind(from, after, end);
      for (const row of rows) add(row);
      if (rows.length < CHUNK) after = Math.max(after, end);
    }
  };
  const reading: AuditReading = {
    first,
    verification,
    async readOn(from) {
      const end = (await readExtent(from)).last;
      if (end !== null) await readTo(from, end);
    },
    async isBehind(from) {
      const now = await readExtent(from);
      return now.first !== first || now.last !== after;
    },
  };
  if (last !== null) await readTo(db, last);
  return reading;
}

/** Somebody may have written a number that no number here stands for: it is the highest one then. */
const HIGHEST = Number.MAX_SAFE_INTEGER;

async function rowsBehind(db: Kysely<Schema>, after: number, end: number): Promise<AuditRow[]> {
  const query = db.selectFrom('audit_log').select(AUDIT_COLUMNS).where('seq', '>', after);
  const bounded = end < HIGHEST ? query.where('seq', '<=', end) : query;
  const rows = await bounded.orderBy('seq').limit(CHUNK).execute();
  return rows.map((row) => (row.seq > HIGHEST ? { ...row, seq: HIGHEST } : row));
}

interface Extent {
  readonly first: number | null;
  readonly last: number | null;
}

async function readExtent(db: Kysely<Schema>): Promise<Extent> {
  const { first, last } = await db
    .selectFrom('audit_log')
    .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last')])
    .executeTakeFirstOrThrow();
  return { first: within(first), last: within(last) };
}

const within = (seq: number | null): number | null =>
  seq === null ? null : Math.min(Math.max(seq, 1 - HIGHEST), HIGHEST);

/**
 * What the checkpoint that is believed says of the last row that was pruned. Where none is, one that speaks of the rows before
 * the first: verification finds what is wrong with it.
 */
async function readPrunedTo(db: Kysely<Schema>, chain: AuditChain, first: number): Promise<PrunedTo | undefined> {
  const { beginning } = await readBelievedRules(db, chain);
  if (beginning !== undefined) return prunedToBy(beginning.checkpoint?.details);
  if (first <= 1) return undefined;
  const checkpoint = await db
    .selectFrom('audit_log')
    .select('details')
    .where('action', '=', 'audit.checkpoint')
    .where(sql<string>`details->>'pruned_to'`, '=', String(first - 1))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return prunedToBy(checkpoint?.details);
}

function prunedToBy(details: AuditRow['details'] | undefined): PrunedTo | undefined {
  const mac = details?.pruned_mac;
  if (typeof mac !== 'string') return undefined;
  const cutoff = new Date(String(details?.pruned_before));
  return {
    seq: Number(details?.pruned_to),
    mac,
    rules: rulesFromDetails(details ?? null),
    cutoff: Number.isFinite(cutoff.getTime()) ? cutoff : undefined,
  };
}
