// In production: HTTPS alone, which a trusted proxy terminates.
import type { Recorder } from '../recorder.ts';
import { API, PAGE, type Step } from '../step.ts';
import { untilCounted } from './open.ts';

const KEYS = `${API}/keys`;
const HTTPS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7', 'x-forwarded-host': 'ops.example.com' };

const RELEASE = { method: 'POST', path: `${API}/internal/keys/resolve`, bearer: 'made-up', json: {}, internal: true };
const ASKED: readonly Step[] = [
  { name: 'is it alive', path: '/healthz' },
  { name: 'is it ready', path: '/readyz' },
  { name: 'description', path: '/openapi.json' },
  { name: 'page', path: '/', headers: PAGE },
  { name: 'file of the page', path: '/ui/byok-keys.js' },
  { name: 'stylesheet', path: '/auth/style.css' },
  { name: 'sign-in', path: '/auth/login', headers: PAGE },
  {
    name: 'signing out',
    method: 'POST',
    path: '/auth/logout',
    headers: { cookie: `__Host-byok_session=${'x'.repeat(43)}` },
  },
  {
    name: 'signing out from the site',
    method: 'POST',
    path: '/auth/logout',
    headers: { origin: 'https://ops.example.com' },
  },
  {
    name: 'signing out from another site',
    method: 'POST',
    path: '/auth/logout',
    headers: { origin: 'https://elsewhere.example' },
  },
  { name: 'keys for nobody', path: KEYS },
  { name: 'keys with a dead cookie', path: KEYS, headers: { cookie: `__Host-byok_session=${'x'.repeat(43)}` } },
  { name: 'keys with a bearer', path: KEYS, bearer: 'person' },
  {
    name: 'a key with a bearer',
    method: 'POST',
    path: `${KEYS}/add`,
    bearer: 'person',
    json: { provider: 'openai', key: 'sk-good-0123456789' },
  },
  { name: 'metrics with their token', path: '/metrics', bearer: 'metrics' },
  { name: 'nothing', path: '/nothing' },
  { name: 'an address that cannot be decoded', path: '/%zz' },
  { name: 'a release', ...RELEASE },
  { name: 'is it alive inside', path: '/healthz', internal: true },
];

/** Needs `production`, BASE_PATH `/byok` and this machine as a trusted proxy. */
export async function askProduction(to: Recorder): Promise<void> {
  await untilCounted(to, { name: 'metrics', path: '/metrics', bearer: 'metrics', internal: true });
  for (const step of ASKED)
    await to.all([
      { ...step, name: `${step.name}, by HTTP` },
      { ...step, name: `${step.name}, by HTTPS`, headers: { ...HTTPS, ...step.headers } },
    ]);
  await to.all([
    { ...RELEASE, name: 'a release that came by a proxy', headers: { 'x-forwarded-for': '203.0.113.7' } },
    {
      ...RELEASE,
      name: 'a release with a token',
      bearer: 'service',
      json: { user: { id: 'nobody' }, provider: 'openai' },
    },
    {
      name: 'own rows show the address of the proxy’s client',
      path: `${API}/audit?limit=1`,
      bearer: 'person',
      headers: HTTPS,
    },
  ]);
}
