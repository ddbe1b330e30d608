// Access tokens of people and of services at Keycloak, sessions of the platform, and tokens that nobody should believe.
import type { Recorder } from '../recorder.ts';
import { API, INTERNAL, type Step } from '../step.ts';

const KEYS = `${API}/keys`;
const ADD = { method: 'POST', path: `${KEYS}/add`, json: { provider: 'huggingface', key: 'hf_-good-0123456789' } };
const RESOLVE = {
  method: 'POST',
  path: `${INTERNAL}/keys/resolve`,
  internal: true,
  json: { user: { email: 'starter@example.com' }, provider: 'huggingface' },
};

/** Bearers by name, see `credentials`. */
const FALSE_BEARERS = ['tampered', 'without-signature', 'of-another-audience', 'id-token-like', 'gateway', 'stranger'];

const STEPS: readonly Step[] = [
  { name: 'who is it by a bearer', path: '/auth/me', bearer: 'person' },
  { name: 'who is it by a bearer of an administrator', path: '/auth/me', bearer: 'administrator' },
  { name: 'sessions by a bearer', path: '/auth/sessions', bearer: 'person' },
  { name: 'keys by a bearer', path: KEYS, bearer: 'person' },
  { name: 'a key is added by a bearer', ...ADD, bearer: 'person' },
  {
    name: 'a key is added by a bearer from another site',
    ...ADD,
    bearer: 'person',
    headers: { 'sec-fetch-site': 'cross-site' },
  },
  { name: 'a key is removed by a bearer', method: 'DELETE', path: `${KEYS}/huggingface`, bearer: 'person' },
  { name: 'people by a bearer', path: `${API}/admin/users?query=legacy`, bearer: 'administrator' },
  { name: 'people by a bearer of others', path: `${API}/admin/users?query=legacy`, bearer: 'person' },
  { name: 'the page by a bearer', path: '/', bearer: 'person' },
  ...FALSE_BEARERS.flatMap((bearer): Step[] => [
    { name: `keys by a bearer that is ${bearer}`, path: KEYS, bearer },
    { name: `a release by a bearer that is ${bearer}`, ...RESOLVE, bearer },
  ]),
  { name: 'a release by the bearer of a person', ...RESOLVE, bearer: 'person' },
  { name: 'a release on the port of people', ...RESOLVE, internal: false, bearer: 'gateway' },
  { name: 'a tier by a bearer', path: `${INTERNAL}/users/trial%40example.com/tier`, internal: true, bearer: 'gateway' },
  {
    name: 'a call is counted by a bearer',
    method: 'POST',
    path: `${INTERNAL}/users/trial%40example.com/usage/increment`,
    internal: true,
    bearer: 'gateway',
  },
  ...['of-sub', 'of-email', 'of-both', 'of-nobody', 'of-nothing', 'of-nonsense'].flatMap((as): Step[] => [
    { name: `who is it by a session of the platform ${as}`, path: '/auth/me', as: `platform-${as}` },
    { name: `keys by a session of the platform ${as}`, path: KEYS, as: `platform-${as}` },
  ]),
  { name: 'people by a session of the platform', path: `${API}/admin/users?query=a`, as: 'platform-of-administrator' },
  { name: 'a removal by a session of the platform', method: 'DELETE', path: `${KEYS}/groq`, as: 'platform-of-sub' },
  {
    name: 'a removal by a session of the platform from another site',
    method: 'DELETE',
    path: `${KEYS}/groq`,
    as: 'platform-of-sub',
    headers: { origin: 'https://elsewhere.example' },
  },
  { name: 'signing out of the platform', method: 'POST', path: '/auth/logout', as: 'platform-of-email' },
];

export const askBearers = (to: Recorder): Promise<void> => to.all(STEPS);

/** The same token with other claims and the old signature, or with none. */
export function forgeries(token: string): Readonly<Record<string, string>> {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const read = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
  const write = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    tampered: `${header}.${write({ ...read(claims), sub: 'somebody-else' })}.${signature}`,
    'without-signature': `${write({ ...read(header), alg: 'none' })}.${claims}.`,
    'id-token-like': `${write({ ...read(header), typ: 'ID' })}.${claims}.${signature}`,
  };
}
