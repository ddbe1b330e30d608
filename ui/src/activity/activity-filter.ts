// Which rows are shown: what the address bar says of it, and what the service is asked. Plain TypeScript.

/** In the order of the list. Each of several actions will do. */
export const KINDS = [
  { id: 'all', name: 'Everything', query: {} },
  { id: 'uses', name: 'Use by services', query: { action: ['key.release'] } },
  {
    id: 'changes',
    name: 'Changes',
    query: { action: ['key.add', 'key.replace', 'key.change', 'key.delete', 'admin.revoke', 'tier.set'] },
  },
  { id: 'tests', name: 'Tests', query: { action: ['key.test'] } },
  { id: 'sign-ins', name: 'Signing in and out', query: { action: ['session.start', 'session.end'] } },
  { id: 'refusals', name: 'Refusals', query: { outcome: 'refused' } },
] as const;

export interface Filter {
  /** The id of a kind. */
  readonly kind: string;
  /** '' is every provider. */
  readonly provider: string;
  /** Days as `2026-11-22` in the person's own time zone, both included; '' is no limit. */
  readonly from: string;
  readonly to: string;
  /** Where the page begins; '' is the newest row. */
  readonly cursor: string;
}

const NAMES = { kind: 'show', provider: 'provider', from: 'from', to: 'to', cursor: 'cursor' } as const;
const NONE: Filter = { kind: 'all', provider: '', from: '', to: '', cursor: '' };

/** @param search of the address bar. What does not belong there is ignored. */
export function readFilter(search: string): Filter {
  const params = new URLSearchParams(search);
  const text = (name: keyof Filter, form: RegExp): string => {
    const value = params.get(NAMES[name]) ?? '';
    return form.test(value) ? value : '';
  };
  const kind = text('kind', /./);
  return {
    kind: KINDS.some(({ id }) => id === kind) ? kind : NONE.kind,
    provider: text('provider', /^[a-z]{1,40}$/),
    from: instantOf(text('from', DAY)) === undefined ? '' : text('from', DAY),
    to: instantOf(text('to', DAY)) === undefined ? '' : text('to', DAY),
    cursor: text('cursor', /^[0-9a-z]{1,10}$/),
  };
}

/** '' or `?…`: what is as always is left out. */
export function writeFilter(filter: Filter): string {
  const params = new URLSearchParams();
  for (const name of Object.keys(NAMES) as (keyof Filter)[])
    if (filter[name] !== NONE[name]) params.set(NAMES[name], filter[name]);
  return params.size === 0 ? '' : `?${params}`;
}

export const isFiltered = (filter: Filter): boolean => writeFilter({ ...filter, cursor: '' }) !== '';

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The beginning of the day here. @param later days after it. */
function instantOf(day: string, later = 0): string | undefined {
  if (!DAY.test(day)) return undefined;
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const time = new Date(year, month - 1, date);
  if (year < 1000 || time.getMonth() !== month - 1 || time.getDate() !== date) return undefined;
  time.setDate(date + later);
  return time.toISOString();
}

/** What the service is asked: times are UTC there, and the end is not included. */
export function queryOf({ kind, provider, from, to }: Filter) {
  const { query } = KINDS.find(({ id }) => id === kind) ?? KINDS[0];
  const begin = instantOf(from);
  const end = instantOf(to, 1);
  return {
    ...('action' in query ? { action: [...query.action] } : {}),
    ...('outcome' in query ? { outcome: query.outcome } : {}),
    ...(provider === '' ? {} : { provider }),
    ...(begin === undefined ? {} : { from: begin }),
    ...(end === undefined ? {} : { to: end }),
  };
}
