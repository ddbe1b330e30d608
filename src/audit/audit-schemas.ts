// The shapes of the audit calls, as zod schemas: they validate, serialise and document.
import { z } from 'zod';
import { PROVIDERS } from '../providers/provider-table.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from './audit-log.ts';

/** The number of a row in base 36. Whatever looks like one is one. */
const cursor = z
  .string()
  .regex(/^[0-9a-z]{1,10}$/, 'must be the next_cursor of a page')
  .describe('`next_cursor` of the page before.');

/** Times that PostgreSQL knows too; there are no rows before or after them. */
const time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-22T00:00:00Z' })
  .transform((text) => new Date(Math.min(Math.max(Date.parse(text), 0), Date.UTC(9999, 0))));

const id = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e\u00a0-\uffff]*$/, 'must not contain control characters');

const filters = {
  action: z
    .union([z.enum(AUDIT_ACTIONS), z.array(z.enum(AUDIT_ACTIONS)).max(AUDIT_ACTIONS.length)])
    .optional()
    .describe('One of these; given several times, any of them.'),
  provider: z.enum([...PROVIDERS.keys()]).optional(),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  from: time.optional().describe('Rows from then on.'),
  to: time.optional().describe('Rows before then.'),
};
const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Rows on a page; all of them go into a file.'),
  cursor: cursor.optional(),
};

export const ownAuditQuery = z.object({
  ...paging,
  ...filters,
  format: z.enum(['json', 'csv']).optional().describe('`csv`: everything that fits, as a file.'),
});
export const adminAuditQuery = z.object({
  ...paging,
  ...filters,
  subject: id.optional().describe('Keycloak id of the person concerned.'),
  actor: id.optional().describe('Keycloak id of a person, or name of a service.'),
  request_id: id.optional(),
  format: z.enum(['json', 'csv', 'ndjson']).optional().describe('`csv` or `ndjson`: everything that fits, as a file.'),
});

export const auditItem = z
  .object({
    seq: z.int().describe('Number of the row, without gaps over all rows.'),
    at: z.iso.datetime(),
    action: z.string(),
    outcome: z.string().describe('`ok`, `refused`, or `failed`: then it may have happened all the same.'),
    reason: z.string().nullable(),
    provider: z.string().nullable(),
    actor: z.object({
      kind: z.string().describe('`user`, `service`, `operator` or `system`.'),
      id: z.string().nullable().describe('Null where the person was erased, or is not for you to know.'),
    }),
    subject: z.string().nullable().describe('Keycloak id of the person concerned.'),
    address: z.string().nullable().describe('Where the request came from.'),
    request_id: z.string().nullable(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  })
  .meta({ id: 'AuditRow' });
export type AuditItem = z.output<typeof auditItem>;

export const auditPage = z.object({ items: z.array(auditItem), next_cursor: z.string().nullable() });

export const ownAuditAnswer = {
  description: 'What happened, newest first.',
  content: { 'application/json': { schema: auditPage }, 'text/csv': { schema: z.string() } },
};
export const adminAuditAnswer = {
  description: 'What happened, newest first.',
  content: { ...ownAuditAnswer.content, 'application/x-ndjson': { schema: z.string() } },
};

const anchor = z.object({
  seq: z.int().min(1).describe('Number of the row.'),
  head: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
    .describe('As it was logged or sent when the row was written.'),
});

const publishedAnchor = anchor.extend({
  at: time.optional().describe('When it was published: the `time` of its line in the log.'),
});

export const verifyBody = z
  .object({ anchors: z.array(publishedAnchor).max(200).optional() }, { error: 'The body must be a JSON object.' })
  .nullish();

export const verifyAnswer = z
  .object({
    ok: z.boolean(),
    rows: z.int(),
    first_bad: z
      .object({ seq: z.int(), reason: z.string() })
      .nullable()
      .describe('The first row that is not as it was written, or not there.'),
    head: anchor.nullable().describe('The last row, as an anchor.'),
    anchors: z
      .object({
        fit: z.int(),
        lost: z.int().describe('Of rows that were lost in a restore that is recorded.'),
        pruned: z.int().describe('Of rows that were pruned since: there is nothing left to compare them with.'),
      })
      .describe('How many of the anchors sent fit.'),
    restores: z
      .array(z.object({ seq: z.int(), at: z.iso.datetime(), after: z.int(), to: z.int() }))
      .describe('Restores from backups that the log records: rows after `after`, up to `to`, were lost.'),
  })
  .describe('Whether the chain holds.');

export const cursorOf = (seq: number): string => seq.toString(36);
export const seqOf = (cursor: string): number => Number.parseInt(cursor, 36);
