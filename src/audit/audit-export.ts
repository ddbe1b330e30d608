// Audit rows as answers and as files: JSON, CSV that a spreadsheet cannot run, and a JSON document a line.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';
import type { AuditRow } from './audit-chain.ts';
import { type AuditItem, cursorOf } from './audit-schemas.ts';
import type { AuditFilter, AuditTrail } from './audit-trail.ts';

const CHUNK = 1_000;
const COLUMNS = [
  'seq',
  'at',
  'action',
  'outcome',
  'reason',
  'provider',
  'actor_kind',
  'actor',
  'subject',
  'address',
  'request_id',
  'details',
] as const;

/** How a row is shown: as it is, or as one person may see it. */
export type ShowRow = (row: AuditRow) => AuditItem;

export const showWhole: ShowRow = (row) => ({
  seq: row.seq,
  at: row.at.toISOString(),
  action: row.action,
  outcome: row.outcome,
  reason: row.reason,
  provider: row.provider,
  actor: { kind: row.actorKind, id: row.actorUser ?? row.service },
  subject: row.subject,
  address: row.address,
  request_id: row.requestId,
  details: row.details,
});

/** What others did is shown, not who among the people it was, nor from where. */
export const showTo =
  (userId: string): ShowRow =>
  (row) => {
    const item = showWhole(row);
    if (row.actorUser === userId) return item;
    const actor = row.actorKind === 'user' ? { ...item.actor, id: null } : item.actor;
    return { ...item, actor, address: null };
  };

interface Query {
  readonly limit: number;
  readonly before: number | undefined;
}

export async function readAuditPage(trail: AuditTrail, filter: AuditFilter, show: ShowRow, { limit, before }: Query) {
  // One more tells whether there is a next page.
  const rows = await trail.page(filter, limit + 1, before);
  const items = rows.slice(0, limit).map(show);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? cursorOf(last.seq) : null };
}

export type FileFormat = 'csv' | 'ndjson';

/** Sends everything that fits the filter, read as fast as it is taken. */
export function sendAuditFile(
  reply: FastifyReply,
  format: FileFormat,
  trail: AuditTrail,
  filter: AuditFilter,
  show: ShowRow,
): FastifyReply {
  const write = format === 'csv' ? (items: readonly AuditItem[]) => csvText(items.map(cellsOf)) : jsonLines;
  async function* text(): AsyncGenerator<string> {
    if (format === 'csv') yield csvText([COLUMNS]);
    for (let before: number | undefined; ; ) {
      const rows = await trail.page(filter, CHUNK, before);
      yield write(rows.map(show));
      before = rows.at(-1)?.seq;
      if (rows.length < CHUNK) return;
    }
  }
  return reply
    .header('content-disposition', `attachment; filename="byok-audit.${format}"`)
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    .send(Readable.from(text()));
}

const jsonLines = (items: readonly AuditItem[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

type Cell = string | number | null;

function cellsOf({ actor, details, ...item }: AuditItem): readonly Cell[] {
  const flat = {
    ...item,
    actor_kind: actor.kind,
    actor: actor.id,
    details: details === null ? null : JSON.stringify(details),
  };
  return COLUMNS.map((name) => flat[name]);
}

/** RFC 4180. */
export const csvText = (rows: readonly (readonly Cell[])[]): string =>
  stringify(
    rows.map((row) => row.map(harmless)),
    // With line ends of one kind set, the library would leave others within a cell unquoted.
    { record_delimiter: '\r\n', quote_record_delimiter: true },
  );

/** A text that a spreadsheet would take for a formula begins with an apostrophe. The library's own guard lets a line feed pass. */
const harmless = (cell: Cell): Cell => (/^[=+\-@\t\r\n]/.test(String(cell)) ? `'${cell}` : cell);
