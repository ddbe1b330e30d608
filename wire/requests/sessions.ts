// People and their sessions: who one is, where one is signed in, and writes that another site sends.
import type { Recorder } from '../recorder.ts';
import { API, PAGE, type Step } from '../step.ts';

const PEOPLE = ['trial', 'starter', 'professional', 'enterprise'] as const;

const ME: readonly Step[] = [
  ...PEOPLE.map((as): Step => ({ name: `who is ${as}`, path: '/auth/me', as })),
  { name: 'who is nobody, as a page', path: '/auth/me', headers: PAGE },
  { name: 'who is with an empty cookie', path: '/auth/me', headers: { cookie: 'byok_session=' } },
  { name: 'who is with a dead cookie', path: '/auth/me', headers: { cookie: `byok_session=${'x'.repeat(43)}` } },
  {
    name: 'who is with a dead cookie of the platform',
    path: '/auth/me',
    headers: { cookie: `session_token=${'x'.repeat(43)}; session=abc` },
  },
  {
    name: 'who is with a cookie that is too long',
    path: '/auth/me',
    headers: { cookie: `session=${'x'.repeat(600)}` },
  },
  { name: 'who is with an empty bearer', path: '/auth/me', headers: { authorization: 'Bearer ' } },
  { name: 'who is with a bearer of nobody', path: '/auth/me', headers: { authorization: 'Bearer x' } },
  {
    name: 'a bearer of nobody counts before a cookie',
    path: '/auth/me',
    as: 'starter',
    headers: { authorization: 'bearer x' },
  },
  { name: 'a password does not count', path: '/auth/me', as: 'starter', headers: { authorization: 'Basic YTpi' } },
  { name: 'a token without a signature', path: '/auth/me', headers: { authorization: `Bearer ${unsigned()}` } },
];

function unsigned(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: '1', exp: 9_999_999_999 })}.`;
}

const SITES: readonly Step['headers'][] = [
  { origin: 'https://elsewhere.example' },
  { origin: 'null' },
  { origin: '{origin}' },
  { origin: '{public-url}' },
  { origin: 'not an origin' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  { 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.example' },
];

const CROSS_SITE: readonly Step[] = [
  ...SITES.map(
    (headers): Step => ({
      name: `a removal from ${JSON.stringify(headers)}`,
      method: 'DELETE',
      path: `${API}/keys/groq`,
      as: 'starter',
      ...(headers === undefined ? {} : { headers }),
    }),
  ),
  ...(['/auth/logout', '/auth/demo'] as const).map(
    (path): Step => ({
      name: `${path} from another site`,
      method: 'POST',
      path,
      json: { email: 'starter@example.com' },
      headers: { origin: 'https://elsewhere.example' },
    }),
  ),
  {
    name: 'a sign-out from another site, as a page',
    method: 'POST',
    path: '/auth/logout',
    form: {},
    headers: { ...PAGE, 'sec-fetch-site': 'cross-site' },
  },
  {
    name: 'an addition from another site',
    method: 'POST',
    path: `${API}/keys/add`,
    as: 'starter',
    json: { provider: 'openai', key: 'sk-good-0123456789' },
    headers: { 'sec-fetch-site': 'cross-site' },
  },
  {
    name: 'a revocation from another site',
    method: 'POST',
    path: `${API}/admin/users/{id:starter}/keys/openai/revoke`,
    as: 'enterprise',
    headers: { 'sec-fetch-site': 'cross-site' },
  },
  {
    name: 'a reading from another site',
    path: `${API}/keys`,
    as: 'starter',
    headers: { origin: 'https://elsewhere.example' },
  },
];

export async function askSessions(to: Recorder): Promise<void> {
  await to.all(ME);
  await to.all(CROSS_SITE);
}

/** Needs two sessions of `trial`: `trial` and `trial-again`. All of them end. */
export async function askEndOfSessions(to: Recorder): Promise<void> {
  const mine = '/auth/sessions';
  for (const as of ['trial', 'trial-again']) {
    const { body } = await to.peek({ name: 'which is this one', path: mine, as });
    const { items } = JSON.parse(body.toString()) as { items: { id: string; current: boolean }[] };
    const id = items.find(({ current }) => current)?.id ?? '';
    to.world.known.set(id, `<session of ${as}>`);
    to.world.values.set(`session:${as}`, id);
  }
  await to.all([
    { name: 'where am I signed in', path: mine, as: 'trial' },
    { name: 'where nobody is signed in', path: mine },
    { name: 'an end of no session', method: 'DELETE', path: `${mine}/none`, as: 'trial' },
    { name: 'an end of a session with a long name', method: 'DELETE', path: `${mine}/${'x'.repeat(65)}`, as: 'trial' },
    { name: 'an end of somebody else’s session', method: 'DELETE', path: `${mine}/{session:trial}`, as: 'starter' },
    {
      name: 'an end of a session from another site',
      method: 'DELETE',
      path: `${mine}/{session:trial-again}`,
      as: 'trial',
      headers: { 'sec-fetch-site': 'cross-site' },
    },
    { name: 'an end of another session of mine', method: 'DELETE', path: `${mine}/{session:trial-again}`, as: 'trial' },
    { name: 'the ended one', path: '/auth/me', as: 'trial-again' },
    { name: 'where am I signed in now', path: mine, as: 'trial' },
    { name: 'an end of this session', method: 'DELETE', path: `${mine}/{session:trial}`, as: 'trial' },
    { name: 'this session has ended', path: '/auth/me', as: 'trial' },
  ]);
}

/** Signing out, as a program and as a browser. Needs sessions of their own. */
export const askSignOut = (to: Recorder): Promise<void> =>
  to.all([
    {
      name: 'signing out with a body that is none',
      method: 'POST',
      path: '/auth/logout',
      body: '{',
      headers: { 'content-type': 'application/json' },
    },
    {
      name: 'signing out with a text',
      method: 'POST',
      path: '/auth/logout',
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    },
    { name: 'signing out', method: 'POST', path: '/auth/logout', as: 'leaving' },
    { name: 'signing out again', method: 'POST', path: '/auth/logout', as: 'leaving' },
    { name: 'signing out as nobody', method: 'POST', path: '/auth/logout' },
    { name: 'signing out on the page', method: 'POST', path: '/auth/logout', as: 'leaving-by-page', headers: PAGE },
    { name: 'signing out as nobody on the page', method: 'POST', path: '/auth/logout', headers: PAGE },
    { name: 'ending all sessions', method: 'DELETE', path: '/auth/sessions', as: 'leaving-all' },
    { name: 'ending all sessions again', method: 'DELETE', path: '/auth/sessions', as: 'leaving-all' },
  ]);
