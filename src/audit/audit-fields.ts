// What may stand in an audit row. Types keep mistakes out at compile time; this keeps keys and tokens out at run time.
import { isIP } from 'node:net';
import { PROVIDERS } from '../providers/provider-table.ts';
import type { AuditEvent } from './audit-log.ts';

export type AuditDetails = Readonly<Record<string, string | number | boolean>>;

/** The fields of a row that come from the event, in the form in which they are stored. */
export interface AuditFields {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly provider: string | null;
  readonly requestId: string | null;
  readonly details: AuditDetails | null;
  readonly actorKind: string;
  /** The actor, where that is no person. */
  readonly service: string | null;
  /** Personal, as the next two. */
  readonly actorUser: string | null;
  readonly subject: string | null;
  readonly address: string | null;
}

/** Columns as the domain names them. */
export const AUDIT_COLUMNS = [
  'seq',
  'at',
  'action',
  'outcome',
  'reason',
  'provider',
  'request_id as requestId',
  'details',
  'actor_kind as actorKind',
  'service',
  'actor_user as actorUser',
  'subject',
  'address',
  'salt',
  'commitment',
  'key_id as keyId',
  'mac',
] as const;

/** In place of what does not look like what it should be. */
export const WITHHELD = 'withheld';

const NAME = /^[a-z][a-z_]{0,39}$/;
/** Parts of a few letters and a short number, such as `tier_required`, `vip_founder`, `v2` or `2026-11`; no key looks so. */
const WORD = /^(?:[a-z]{1,20}\d{0,4}|\d{1,4})(?:[_.-](?:[a-z]{1,20}\d{0,4}|\d{1,4})){0,5}$/;
const LONGEST_ID = 255;
const SECRET_BEGINNINGS: readonly string[] = [
  ...[...PROVIDERS.values()].map(({ prefix }) => prefix).filter((prefix) => prefix !== null),
  'gAAAA',
  'eyJ',
];

const looksSecret = (text: string): boolean =>
  text.length >= 10 && SECRET_BEGINNINGS.some((beginning) => text.startsWith(beginning));
const wordOf = (text: string): string => (WORD.test(text) && !looksSecret(text) ? text : WITHHELD);
const optional = (text: string | undefined, form: (text: string) => string): string | null =>
  text === undefined ? null : form(text);

/** Ids and names: anything that can be read, but no key and no token. */
function idOf(text: string): string {
  if (text === '' || text.length > LONGEST_ID || looksSecret(text) || /\p{Cc}/u.test(text) || !text.isWellFormed())
    return WITHHELD;
  return text;
}

/** A value that is no word and no number is recorded as `withheld`: an event is never lost for it. */
export function auditFields(event: AuditEvent): AuditFields {
  const { actor } = event;
  const isPerson = actor.kind === 'user';
  return {
    action: event.action,
    outcome: event.outcome,
    reason: optional(event.reason, wordOf),
    provider: optional(event.provider, wordOf),
    requestId: optional(event.requestId, idOf),
    details: event.details === undefined ? null : detailsOf(event.details),
    actorKind: actor.kind,
    service: isPerson ? null : idOf(actor.id),
    actorUser: isPerson ? idOf(actor.id) : null,
    subject: optional(event.subject, idOf),
    address: optional(event.address, (text) => (isIP(text) === 0 ? WITHHELD : text)),
  };
}

function detailsOf(details: AuditDetails): AuditDetails | null {
  const entries = Object.entries(details)
    .filter(([name]) => NAME.test(name))
    .map(([name, value]) => [name, detailOf(value)] as const);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function detailOf(value: unknown): string | number | boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : WITHHELD;
  return typeof value === 'string' ? wordOf(value) : WITHHELD;
}
