// The audit log, for people and for administrators.
import type { Recorder } from '../recorder.ts';
import { API, type Step } from '../step.ts';

const OWN = `${API}/audit`;
const ALL = `${API}/admin/audit`;

const own = (name: string, query = '', more: Partial<Step> = {}): Step => ({
  name,
  path: `${OWN}${query}`,
  as: 'starter',
  ...more,
});
const all = (name: string, query = '', more: Partial<Step> = {}): Step => ({
  name,
  path: `${ALL}${query}`,
  as: 'enterprise',
  ...more,
});

const READING: readonly Step[] = [
  own('own rows'),
  own('own rows of a page', '?limit=3'),
  own('own rows of an action', '?action=key.add'),
  own('own rows of two actions', '?action=key.add&action=key.delete&limit=5'),
  own('own rows of a provider', '?provider=groq'),
  own('own rows that were refused', '?outcome=refused'),
  own('own rows of a time', '?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00%2B01:00'),
  own('own rows as a file', '?format=csv&action=key.delete'),
  own('own rows as a file by header', '?provider=openai&action=key.change', { headers: { accept: 'text/csv' } }),
  own('own rows as JSON in spite of the header', '?format=json&limit=1', { headers: { accept: 'text/csv' } }),
  own('own rows of another', '?limit=5', { as: 'trial' }),
  own('own rows for nobody', '', { as: undefined }),
  all('all rows of a page', '?limit=5'),
  all('all rows of a person', '?subject={id:professional}&limit=5'),
  all('all rows by a person', '?actor={id:trial}&limit=5'),
  all('all rows of nobody', '?subject=nobody'),
  all('all rows of a request', '?request_id=none'),
  all('all rows as a file', '?format=csv&action=key.add&provider=groq'),
  all('all rows as lines', '?format=ndjson&action=key.add&provider=groq'),
  all('no rows as a file', '?format=csv&subject=nobody'),
  all('all rows for others', '', { as: 'starter' }),
  all('all rows for the trial as a file', '?format=csv', { as: 'trial' }),
];

const BAD: readonly Step[] = [
  ...[
    '?limit=0',
    '?limit=201',
    '?limit=x',
    '?cursor=-1',
    '?cursor=ABC',
    '?action=none',
    '?provider=none',
    '?outcome=none',
    '?from=yesterday',
    '?format=xml',
    '?limit=1&limit=2',
  ].flatMap((query): Step[] => [own(`own rows, badly: ${query}`, query), all(`all rows, badly: ${query}`, query)]),
  all('all rows, badly: no subject', '?subject='),
  all('all rows, badly: a subject with a line break', '?subject=a%0ab'),
  own('own rows know no ndjson', '?format=ndjson'),
  own('own rows ignore a subject', '?subject={id:trial}&limit=1'),
];

const VERIFY: readonly Step[] = [
  { name: 'the log is checked' },
  { name: 'the log is checked with no body but JSON', json: null },
  { name: 'the log is checked with nothing', json: {} },
  {
    name: 'the log is checked with an anchor that is wrong',
    json: { anchors: [{ seq: 1, head: `sha256:${'0'.repeat(64)}` }] },
  },
  {
    name: 'the log is checked with an anchor to come',
    json: { anchors: [{ seq: 99_999, head: `sha256:${'0'.repeat(64)}` }] },
  },
  { name: 'the log is checked, badly', json: { anchors: [{ seq: 0, head: 'x' }] } },
  { name: 'the log is checked with a list', json: [] },
  { name: 'the log is checked with a text', body: 'x', headers: { 'content-type': 'text/plain' } },
  { name: 'the log is checked by others', as: 'starter' },
  { name: 'the log is checked by nobody', as: undefined },
].map((step): Step => ({ method: 'POST', path: `${ALL}/verify`, as: 'enterprise', ...step }));

export async function askAudit(to: Recorder): Promise<void> {
  await to.all(READING);
  await askNextPages(to);
  await to.all(BAD);
  await to.all(VERIFY);
}

/** Cursors depend on how many rows there are. */
async function askNextPages(to: Recorder): Promise<void> {
  for (const page of [
    own('own rows, first page', '?limit=2'),
    all('all rows, first page', '?limit=2&action=key.add'),
  ]) {
    const first = await to.ask(page);
    const { next_cursor: cursor } = JSON.parse(first.body.toString()) as { next_cursor: string | null };
    to.world.values.set('cursor', cursor ?? 'none');
    await to.ask({ ...page, name: `${page.name}: the next`, path: `${page.path}&cursor={cursor}` });
  }
}
