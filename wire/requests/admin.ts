// What administrators do: look people up, take their keys away, read the numbers of the service.
import type { Recorder } from '../recorder.ts';
import { API, type Step } from '../step.ts';

const USERS = `${API}/admin/users`;
const OVERVIEW = `${API}/admin/overview`;

const get = (name: string, path: string, as = 'enterprise'): Step => ({ name, path, as });
const revoke = (name: string, id: string, provider: string, more: Partial<Step> = {}): Step => ({
  name,
  method: 'POST',
  path: `${USERS}/${id}/keys/${provider}/revoke`,
  as: 'enterprise',
  ...more,
});

const READING: readonly Step[] = [
  get('people by a part of the email', `${USERS}?query=starter`),
  get('people by two words', `${USERS}?query=example%20pro`),
  get('people by an id', `${USERS}?query={id:trial}`),
  get('people whom nobody is', `${USERS}?query=zzzz`),
  get('people of the first page', `${USERS}?query=example&limit=1`),
  get('people of the next page', `${USERS}?query=example&limit=1&cursor=1`),
  get('people after the last page', `${USERS}?query=example&cursor=zz`),
  get('people by signs', `${USERS}?query=%25_*`),
  get('people by an odd letter', `${USERS}?query=%f0%9f%94%91`),
  ...[
    '',
    '?query=',
    '?query=%20',
    `?query=${'x'.repeat(321)}`,
    '?query=a%00b',
    '?query=a&limit=0',
    '?query=a&limit=51',
    '?query=a&cursor=A',
    '?query=a&query=b',
  ].map((query): Step => get(`people, badly: ${query.slice(0, 30)}`, `${USERS}${query}`)),
  get('people for others', `${USERS}?query=a`, 'starter'),
  get('people for others, badly', USERS, 'starter'),
  { name: 'people for nobody', path: `${USERS}?query=a` },
  get('keys of a person', `${USERS}/{id:starter}/keys`),
  get('keys of a person without any', `${USERS}/{id:trial}/keys`),
  get('keys of nobody', `${USERS}/00000000-0000-4000-8000-000000000000/keys`),
  get('keys of an id that is none', `${USERS}/a%2fb/keys`),
  get('keys of a long id', `${USERS}/${'x'.repeat(256)}/keys`),
  get('keys of a person for others', `${USERS}/{id:starter}/keys`, 'professional'),
  get('numbers of the service', OVERVIEW),
  get('numbers of the service for a day', `${OVERVIEW}?days=1`),
  get('numbers of the service, badly', `${OVERVIEW}?days=0`),
  get('numbers of the service, too long', `${OVERVIEW}?days=367`),
  get('numbers of the service for others', OVERVIEW, 'trial'),
  { name: 'numbers of the service for nobody', path: OVERVIEW },
];

const REVOKING: readonly Step[] = [
  revoke('a key is revoked', '{id:starter}', 'cohere'),
  revoke('a key is revoked again', '{id:starter}', 'cohere'),
  revoke('a key is revoked with a body', '{id:starter}', 'huggingface', { json: {} }),
  revoke('a key is revoked with null', '{id:starter}', 'huggingface', { json: null }),
  revoke('a key is revoked with a list', '{id:starter}', 'huggingface', { json: [] }),
  revoke('a key is revoked with a text', '{id:starter}', 'huggingface', {
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  }),
  revoke('a key of no provider is revoked', '{id:starter}', 'nobody'),
  revoke('a key of nobody is revoked by an administrator', 'nobody', 'openai'),
  revoke('a key of a long id is revoked', 'x'.repeat(256), 'openai'),
  revoke('a key is revoked by others', '{id:enterprise}', 'openai', { as: 'starter' }),
  revoke('one’s own key is revoked', '{id:enterprise}', 'openai'),
  get('keys of a person after that', `${USERS}/{id:starter}/keys`),
  { name: 'keys for their owner after that', path: `${API}/keys`, as: 'starter' },
];

export async function askAdmin(to: Recorder): Promise<void> {
  await to.all(READING);
  await to.all(REVOKING);
}
