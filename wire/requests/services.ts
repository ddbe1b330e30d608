// What services of the platform call: release of keys, tiers, and counting of calls.
import type { Recorder } from '../recorder.ts';
import { INTERNAL, type Step } from '../step.ts';

const RESOLVE = `${INTERNAL}/keys/resolve`;
const STARTER = { email: 'starter@example.com' };

const resolve = (name: string, json: unknown, bearer = 'all'): Step => ({
  name,
  method: 'POST',
  path: RESOLVE,
  bearer,
  json,
  internal: true,
});
const call = (name: string, method: string, path: string, more: Partial<Step> = {}): Step => ({
  name,
  method,
  path: `${INTERNAL}${path}`,
  bearer: 'all',
  internal: true,
  ...more,
});

const RELEASES: readonly Step[] = [
  resolve('a key by email', { user: STARTER, provider: 'openai' }),
  resolve('a key by email in capitals', { user: { email: 'Starter@Example.com' }, provider: 'openai' }),
  resolve('a key by id', { user: { id: '{id:starter}' }, provider: 'openai' }),
  resolve('a key with an endpoint', { user: STARTER, provider: 'groq' }),
  resolve('a key that is preferred', { user: STARTER, preferred: 'anthropic' }),
  resolve('another key than is preferred', { user: STARTER, preferred: 'together' }),
  resolve('no key that is there', { user: STARTER, provider: 'together' }),
  resolve('a system key in its place', { user: STARTER, provider: 'together', system_fallback: true }),
  resolve('no system key in its place', { user: STARTER, provider: 'perplexity', system_fallback: true }),
  resolve('one’s own key before the system’s', { user: STARTER, provider: 'openai', system_fallback: true }),
  resolve('a system key that is preferred', {
    user: { email: 'trial@example.com' },
    preferred: 'together',
    system_fallback: true,
  }),
  resolve('a key of a tier that is too low', { user: { email: 'trial@example.com' }, provider: 'openai' }),
  resolve('a key of nobody', { user: { email: 'nobody@example.com' }, provider: 'openai' }),
  resolve('a system key for nobody', {
    user: { email: 'nobody@example.com' },
    provider: 'together',
    system_fallback: true,
  }),
  resolve('a key of an id of nobody', { user: { id: 'nobody' }, provider: 'openai' }),
  resolve('a key that is not bound', { user: { id: '{id:legacy}' }, provider: 'openai' }),
  resolve('a key that cannot be decrypted', { user: { id: '{id:legacy}' }, provider: 'anthropic' }),
  resolve('a key with several values', { user: { id: '{id:legacy}' }, provider: 'groq' }),
  resolve('a key that is turned off', { user: { id: '{id:legacy}' }, provider: 'cohere' }),
  resolve('a key at another endpoint than it was bound to', { user: { id: '{id:legacy}' }, provider: 'together' }),
  resolve('any key of those that cannot be used', { user: { id: '{id:legacy}' }, preferred: 'openai' }),
  resolve('a system key for one that cannot be used', {
    user: { id: '{id:legacy}' },
    provider: 'openai',
    system_fallback: true,
  }),
  resolve('a key of a provider that the service may use', { user: STARTER, provider: 'openai' }, 'openai-only'),
  resolve('a key of a provider that it may not use', { user: STARTER, provider: 'groq' }, 'openai-only'),
  resolve('a key that it prefers and may not use', { user: STARTER, preferred: 'groq' }, 'openai-only'),
  resolve('a key without the scope', { user: STARTER, provider: 'openai' }, 'usage-only'),
  resolve('a key without the scope, badly', {}, 'usage-only'),
  resolve('a key with a token that was revoked', { user: STARTER, provider: 'openai' }, 'revoked'),
  resolve('a key with a token that has expired', { user: STARTER, provider: 'openai' }, 'expired'),
  resolve('a key with a token of nobody', { user: STARTER, provider: 'openai' }, 'made-up'),
  resolve('a key with the token of a person', { user: STARTER, provider: 'openai' }, 'person'),
  {
    name: 'a key without a token',
    method: 'POST',
    path: RESOLVE,
    json: { user: STARTER, provider: 'openai' },
    internal: true,
  },
  {
    name: 'a key with a session',
    method: 'POST',
    path: RESOLVE,
    as: 'enterprise',
    json: { user: STARTER, provider: 'openai' },
    internal: true,
  },
];

const BAD_RELEASES: readonly Step[] = [
  {},
  [],
  null,
  { user: STARTER },
  { provider: 'openai' },
  { user: STARTER, provider: 'openai', preferred: 'groq' },
  { user: STARTER, provider: 'nobody' },
  { user: STARTER, preferred: 'nobody' },
  { user: STARTER, provider: null },
  { user: { email: 'nobody' }, provider: 'openai' },
  { user: { email: 'a@b', id: '1' }, provider: 'openai' },
  { user: { id: 'a/b' }, provider: 'openai' },
  { user: {}, provider: 'openai' },
  { user: 'starter@example.com', provider: 'openai' },
  { user: STARTER, provider: 'openai', system_fallback: 'yes' },
].map((json): Step => resolve(`no release: ${JSON.stringify(json)}`, json));

const tier = (name: string, method: string, email: string, more: Partial<Step> = {}): Step =>
  call(name, method, `/users/${email}/tier`, more);
const TIERS: readonly Step[] = [
  tier('a tier', 'GET', 'starter%40example.com'),
  tier('a tier with a plain address', 'GET', 'starter@example.com'),
  tier('a tier of nobody', 'GET', 'nobody%40example.com'),
  tier('a tier of an address that is none', 'GET', 'nobody'),
  tier('a tier without the scope', 'GET', 'starter%40example.com', { bearer: 'usage-only' }),
  tier('a tier with another scope', 'GET', 'starter%40example.com', { bearer: 'tier-only' }),
  tier('a tier is set', 'PUT', 'trial%40example.com', { json: { tier: 'professional' } }),
  tier('a tier is set with a status', 'PUT', 'trial%40example.com', { json: { tier: 'starter', status: 'past_due' } }),
  tier('a tier that has lapsed', 'GET', 'trial%40example.com'),
  tier('a status is set', 'PUT', 'trial%40example.com', { json: { tier: 'starter', status: 'active' } }),
  tier('the same tier is set again', 'PUT', 'trial%40example.com', { json: { tier: 'starter', status: 'active' } }),
  tier('a tier is set back', 'PUT', 'trial%40example.com', { json: { tier: 'trial' } }),
  tier('a tier of nobody is set', 'PUT', 'nobody%40example.com', { json: { tier: 'starter' } }),
  tier('a tier without the scope is set', 'PUT', 'trial%40example.com', {
    bearer: 'usage-only',
    json: { tier: 'starter' },
  }),
  ...[{}, { tier: 'nonsense' }, { tier: '' }, { tier: 7 }, { tier: 'starter', status: 'Active!' }, [], null].map(
    (json): Step => tier(`no tier: ${JSON.stringify(json)}`, 'PUT', 'trial%40example.com', { json }),
  ),
  tier('no tier: a text', 'PUT', 'trial%40example.com', { body: 'x', headers: { 'content-type': 'text/plain' } }),
];

const COUNT = '/users/starter%40example.com/usage';
const COUNTS: readonly Step[] = [
  call('a call is counted', 'POST', `${COUNT}/increment`),
  call('calls are counted', 'POST', `${COUNT}/increment`, { json: { amount: 41 } }),
  call('a call is counted with nothing', 'POST', `${COUNT}/increment`, { json: {} }),
  call('a call of nobody is counted', 'POST', '/users/nobody%40example.com/usage/increment'),
  call('a call is counted with a limit', 'POST', '/users/legacy%40example.com/usage/increment', {
    json: { amount: 3 },
  }),
  call('no calls are counted', 'POST', `${COUNT}/increment`, { json: { amount: 0 } }),
  call('too many calls are counted', 'POST', `${COUNT}/increment`, { json: { amount: 10_001 } }),
  call('half a call is counted', 'POST', `${COUNT}/increment`, { json: { amount: 1.5 } }),
  call('a call is counted without the scope', 'POST', `${COUNT}/increment`, { bearer: 'tier-only' }),
  call('the count shows with the tier', 'GET', '/users/starter%40example.com/tier'),
  call('the count begins anew', 'POST', `${COUNT}/reset`),
  call('the count begins anew with a body', 'POST', `${COUNT}/reset`, { json: {} }),
  call('the count of nobody begins anew', 'POST', '/users/nobody%40example.com/usage/reset'),
  call('the count begins anew without the scope', 'POST', `${COUNT}/reset`, { bearer: 'openai-only' }),
];

const event = (more: object = {}): object => ({
  user: STARTER,
  provider: 'openai',
  tokens_used: 12,
  cost_usd: '0.0042',
  ...more,
});
const batch = (name: string, events: unknown, more: Partial<Step> = {}): Step =>
  call(name, 'POST', '/usage', { json: { events }, ...more });
const keyed = (key: string): Partial<Step> => ({ headers: { 'idempotency-key': key } });

const BATCHES: readonly Step[] = [
  batch('usage of one call', [event()]),
  batch('usage of several calls', [
    event({ id: 'one' }),
    event({ id: 'one' }),
    event({ id: 'two', cost_usd: 0.5, occurred_at: '2026-01-01T00:00:00+02:00' }),
    event({ user: { email: 'nobody@example.com' } }),
    event({ provider: 'nobody' }),
  ]),
  batch('usage that is known', [event({ id: 'one' })]),
  batch('usage with a key', [event({ id: 'three' })], keyed('first')),
  batch('usage with the same key', [event({ id: 'three' })], keyed('first')),
  batch('other usage with the same key', [event({ id: 'four' })], keyed('first')),
  batch('usage of a provider that it may not use', [event({ provider: 'groq' })], { bearer: 'openai-only' }),
  batch('usage without the scope', [event()], { bearer: 'tier-only' }),
  batch('usage by its scope alone', [event()], { bearer: 'usage-only' }),
  batch('usage of nothing', []),
  batch(
    'usage of too much',
    Array.from({ length: 501 }, () => event()),
  ),
  batch(
    'usage of the most',
    Array.from({ length: 500 }, (_, i) => event({ id: `many-${i}` })),
  ),
  batch('usage with a bad key', [event()], keyed('with space')),
  batch('usage with a negative cost', [event({ cost_usd: -1 })]),
  batch('usage with a cost in words', [event({ cost_usd: 'much' })]),
  batch('usage of tokens in part', [event({ tokens_used: 1.5 })]),
  batch('usage at no time', [event({ occurred_at: 'now' })]),
  batch('usage with a bad id', [event({ id: 'with space' })]),
  batch('usage of nobody', [event({ user: {} })]),
  call('usage that is too large', 'POST', '/usage', { json: { events: [], filler: 'x'.repeat(530_000) } }),
  call('a release that is too large', 'POST', '/keys/resolve', { json: { filler: 'x'.repeat(70_000) } }),
  call('usage that is no JSON', 'POST', '/usage', { body: '{', headers: { 'content-type': 'application/json' } }),
  call('usage without a body', 'POST', '/usage'),
  call('no such call of services', 'POST', '/nothing'),
  call('a release by GET', 'GET', '/keys/resolve'),
];

export async function askServices(to: Recorder): Promise<void> {
  for (const steps of [RELEASES, BAD_RELEASES, TIERS, COUNTS, BATCHES]) await to.all(steps);
}

/** After releases: who used the keys, for their owner and for administrators. */
export const askUses = (to: Recorder): Promise<void> =>
  to.all([
    { name: 'last uses', path: '/api/v1/byok/keys/last-uses', as: 'starter' },
    { name: 'last uses of another', path: '/api/v1/byok/keys/last-uses', as: 'professional' },
    { name: 'own rows of releases', path: '/api/v1/byok/audit?action=key.release&limit=3', as: 'starter' },
    { name: 'keys of a person with their uses', path: '/api/v1/byok/admin/users/{id:starter}/keys', as: 'enterprise' },
    {
      name: 'keys of a person that cannot be used',
      path: '/api/v1/byok/admin/users/{id:legacy}/keys',
      as: 'enterprise',
    },
    { name: 'all rows by a service', path: '/api/v1/byok/admin/audit?actor=token:all&limit=5', as: 'enterprise' },
  ]);
