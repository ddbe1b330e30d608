// What is answered while a server is away that the service needs.
import { setTimeout as wait } from 'node:timers/promises';
import type { Recorder } from '../recorder.ts';
import { API, PAGE, type Step } from '../step.ts';

const KEYS = `${API}/keys`;

/** Calls whose answers tell what is away. `known` is in memory, `unknown` was never asked for. */
const AWAY: readonly Step[] = [
  { name: 'is it ready', path: '/readyz' },
  { name: 'page', path: '/', headers: PAGE, as: 'known' },
  { name: 'who is known', path: '/auth/me', as: 'known' },
  { name: 'keys of the known', path: KEYS, as: 'known' },
  {
    name: 'keys of the known, past the memory',
    path: KEYS,
    as: 'known',
    headers: { 'cache-control': 'no-cache' },
  },
  { name: 'keys of the known by a bearer', path: KEYS, bearer: 'person' },
  { name: 'keys of the unknown', path: KEYS, as: 'unknown' },
  { name: 'numbers of the known', path: `${API}/stats`, as: 'known' },
  {
    name: 'a key is added',
    method: 'POST',
    path: `${KEYS}/add`,
    as: 'known',
    json: { provider: 'openai', key: 'sk-good-0123456789' },
  },
  { name: 'a key is changed', method: 'PATCH', path: `${KEYS}/openai`, as: 'known', json: { label: 'x' } },
  { name: 'a key is turned off', method: 'PATCH', path: `${KEYS}/openai`, as: 'known', json: { enabled: false } },
  { name: 'a key is removed', method: 'DELETE', path: `${KEYS}/openai`, as: 'known' },
  { name: 'a key is tested', method: 'POST', path: `${KEYS}/test/openai`, as: 'known' },
  {
    name: 'a candidate is tested',
    method: 'POST',
    path: `${KEYS}/test/openai`,
    as: 'known',
    json: { key: 'sk-good-0123456789' },
  },
  {
    name: 'a refusal that would be recorded',
    method: 'DELETE',
    path: `${KEYS}/openai`,
    as: 'known',
    headers: { 'sec-fetch-site': 'cross-site' },
  },
  { name: 'own rows', path: `${API}/audit?limit=1`, as: 'known' },
  { name: 'last uses', path: `${KEYS}/last-uses`, as: 'known' },
  { name: 'sessions', path: '/auth/sessions', as: 'known' },
  { name: 'people', path: `${API}/admin/users?query=trial`, as: 'enterprise' },
  { name: 'all rows', path: `${API}/admin/audit?limit=1`, as: 'enterprise' },
  { name: 'a revocation', method: 'POST', path: `${API}/admin/users/{id:starter}/keys/groq/revoke`, as: 'enterprise' },
  {
    name: 'a release',
    method: 'POST',
    path: `${API}/internal/keys/resolve`,
    bearer: 'all',
    internal: true,
    json: { user: { id: '{id:starter}' }, provider: 'openai' },
  },
  {
    name: 'a release for the unknown',
    method: 'POST',
    path: `${API}/internal/keys/resolve`,
    bearer: 'service',
    internal: true,
    json: { user: { email: '{unknown}' }, provider: 'openai', system_fallback: true },
  },
  { name: 'a tier', path: `${API}/internal/users/starter%40example.com/tier`, bearer: 'all', internal: true },
  {
    name: 'a tier is set',
    method: 'PUT',
    path: `${API}/internal/users/starter%40example.com/tier`,
    bearer: 'all',
    internal: true,
    json: { tier: 'starter' },
  },
  {
    name: 'usage',
    method: 'POST',
    path: `${API}/internal/usage`,
    bearer: 'all',
    internal: true,
    json: { events: [{ user: { id: '{id:starter}' }, provider: 'openai', tokens_used: 1, cost_usd: '1' }] },
  },
  {
    name: 'a call is counted',
    method: 'POST',
    path: `${API}/internal/users/starter%40example.com/usage/increment`,
    bearer: 'all',
    internal: true,
  },
  {
    name: 'a token that was not seen before',
    path: `${API}/internal/users/starter%40example.com/tier`,
    bearer: 'unseen',
    internal: true,
  },
  { name: 'sign-in', path: '/auth/login', headers: PAGE },
  { name: 'signing out', method: 'POST', path: '/auth/logout', as: 'known-too' },
];

/** @param what is away, such as `without Redis`. */
export const askAway = (to: Recorder, what: string): Promise<void> =>
  to.all(AWAY.map((step) => ({ ...step, name: `${what}: ${step.name}` })));

const CHANGES: readonly Step[] = AWAY.filter(({ method }) => method !== undefined && method !== 'GET');

/** Every change, while something is wrong with Keycloak. */
export const askChanges = (to: Recorder, what: string): Promise<void> =>
  to.all(CHANGES.map((step) => ({ ...step, name: `${what}: ${step.name}` })));

/** Waits for an answer of `/readyz`, unrecorded. */
export async function untilReady(to: Recorder, wanted: 'ready' | 'degraded' | 'not_ready'): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const { body } = await to.peek({ name: 'is it ready', path: '/readyz' });
    if ((JSON.parse(body.toString()) as { status?: string }).status === wanted) return;
    await wait(100);
  }
  throw new Error(`the service does not become ${wanted}`);
}

/** Asks for keys, unrecorded, until the service has seen often enough that Keycloak is not there. */
export async function untilWithoutKeycloak(to: Recorder): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    await to.peek({ name: 'keys', path: KEYS, as: 'known' });
    const { body } = await to.peek({ name: 'is it ready', path: '/readyz' });
    const { checks } = JSON.parse(body.toString()) as { checks?: { keycloak?: string } };
    if (checks?.keycloak === 'unavailable') return;
    await wait(100);
  }
  throw new Error('the service does not notice that Keycloak is away');
}
