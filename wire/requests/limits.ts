// The service below a path, with a port for services, and with small limits.
import type { Recorder } from '../recorder.ts';
import { API, PAGE, type Step } from '../step.ts';
import { untilCounted } from './open.ts';

const KEYS = `${API}/keys`;
const times = (count: number, step: Step): Step[] =>
  Array.from({ length: count }, (_, i) => ({ ...step, name: `${step.name} ${i + 1}` }));

/** What LIMITS hold is spent here in this order. */
export const LIMITS = {
  RATE_LIMIT_PER_MINUTE: '24',
  RATE_LIMIT_ADDRESS_PER_MINUTE: '55',
  RATE_LIMIT_WRITE_PER_MINUTE: '3',
  RATE_LIMIT_INTERNAL_PER_MINUTE: '4',
};

const METRICS: Step = { name: 'metrics inside', path: '/metrics', internal: true };

/** Needs BASE_PATH, an INTERNAL_PORT and LIMITS. */
export async function askUnderPath(to: Recorder): Promise<void> {
  await untilCounted(to, METRICS);
  await to.all([
    { name: 'page', path: '/', headers: PAGE, as: 'starter' },
    { name: 'page for nobody', path: '/activity', headers: PAGE },
    { name: 'sign-in page', path: '/auth/login', headers: PAGE },
    { name: 'description', path: '/openapi.json' },
    { name: 'page of the description', path: '/docs' },
    { name: 'keys', path: KEYS, as: 'starter' },
    { name: 'signing out on the page', method: 'POST', path: '/auth/logout', headers: PAGE },
    { name: 'no metrics without a token of theirs', path: '/metrics' },
    {
      name: 'no calls of services on this port',
      method: 'POST',
      path: `${API}/internal/keys/resolve`,
      bearer: 'all',
      json: {},
    },
    { name: 'is it alive inside', path: '/healthz', internal: true },
    { name: 'is it ready inside', path: '/readyz', internal: true },
    { name: 'description inside', path: '/openapi.json', internal: true },
    METRICS,
    { name: 'no keys inside', path: KEYS, as: 'starter', internal: true },
    { name: 'no page inside', path: '/', headers: PAGE, internal: true },
  ]);
  const add = {
    method: 'POST',
    path: `${KEYS}/add`,
    as: 'starter',
    json: { provider: 'openai', key: 'sk-good-0123456789' },
  };
  const test = { method: 'POST', path: `${KEYS}/test/openai`, as: 'starter' };
  const release = {
    method: 'POST',
    path: `${API}/internal/keys/resolve`,
    bearer: 'all',
    internal: true,
    json: { user: { email: 'starter@example.com' }, provider: 'openai' },
  };
  await to.all(times(4, { name: 'an addition within limits', ...add }));
  await to.all(times(4, { name: 'a test within limits', ...test }));
  await to.all(times(5, { name: 'a release within limits', ...release }));
  await to.all(times(16, { name: 'a reading within the limit of a user', path: `${API}/stats`, as: 'starter' }));
  await to.all(times(24, { name: 'a reading within the limit of an address', path: KEYS }));
  await to.all([
    { name: 'a page beyond the limit', path: '/', headers: PAGE },
    { name: 'a release beyond the limit of the address', ...release, bearer: 'made-up' },
    { name: 'is it alive beyond the limit', path: '/healthz' },
  ]);
}
