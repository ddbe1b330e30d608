// Which rows of the audit log are asked for: in the address as the person chose them, in the call as the service wants it.
import type { paths } from '../../api/schema.ts';
import { isAction, isOutcome } from './audit-words.ts';

type ApiQuery = NonNullable<paths['/api/v1/byok/admin/audit']['get']['parameters']['query']>;

export const FILTERS = ['action', 'outcome', 'provider', 'subject', 'actor', 'request_id', 'from', 'to'] as const;
export type FilterName = (typeof FILTERS)[number];

/** @param query as in the address: days are the person's, both included. What no row can fit is left out. */
export function toApiQuery(query: URLSearchParams): ApiQuery {
  const action = query.get('action');
  const outcome = query.get('outcome');
  const filter: ApiQuery = {};
  if (isAction(action)) filter.action = [action];
  if (isOutcome(outcome)) filter.outcome = outcome;
  for (const name of ['subject', 'actor', 'request_id'] as const) {
    const text = query.get(name)?.trim();
    if (text) filter[name] = text;
  }
  const provider = query.get('provider');
  // The list of providers is the service's; it says if there is no such one.
  if (provider) filter.provider = provider as NonNullable<ApiQuery['provider']>;
  const from = dayStart(query.get('from'), 0);
  const to = dayStart(query.get('to'), 1);
  if (from !== undefined) filter.from = from;
  if (to !== undefined) filter.to = to;
  return filter;
}

/** @returns midnight where the person is, so many days later. */
function dayStart(day: string | null, later: number): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '') ?? [];
  if (date === undefined) return undefined;
  const time = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
