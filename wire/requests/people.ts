// People who change beside the service: keys that cannot be used, accounts that are disabled or deleted.
import type { Recorder } from '../recorder.ts';
import { sealToken } from '../secrets.ts';
import { API, type Step } from '../step.ts';
import type { UserStore } from '../store.ts';

/** Keys as old services and races leave them behind. */
export async function spoilKeys(to: Recorder, store: UserStore, encryptionKey: string): Promise<void> {
  const token = sealToken(encryptionKey, 'sk-good-of-an-old-service');
  const other = sealToken(Buffer.alloc(32, 9).toString('base64url'), 'sk-good-of-another-key');
  const old = { byok_openai_label: ['Old'], byok_openai_added_date: ['2025-01-02T03:04:05.678901'] };
  const spoilt = {
    ...old,
    byok_openai_key: [token],
    byok_anthropic_key: [other],
    byok_groq_key: [token, other],
    byok_cohere_key: [token],
    byok_cohere_enabled: ['false'],
    byok_together_key: [token],
    byok_together_endpoint: ['https://llm.example.com/v1'],
    byok_together_binding: ['x'.repeat(43)],
    byok_together_test_status: ['valid'],
    byok_together_last_tested: ['2025-01-02T03:04:05Z'],
  };
  for (const who of ['legacy', 'professional'])
    await store.setAttributes(to.world.values.get(`id:${who}`) ?? '', spoilt);
  await to.settle();
  const fresh: Partial<Step> = { as: 'professional', headers: { 'cache-control': 'no-cache' } };
  await to.all([
    { name: 'keys that cannot be used', path: `${API}/keys`, ...fresh },
    ...['openai', 'anthropic', 'groq', 'together'].map(
      (provider): Step => ({
        name: `a test of ${provider}, which cannot be used`,
        method: 'POST',
        path: `${API}/keys/test/${provider}`,
        as: 'professional',
      }),
    ),
    change('a label of a key that is not bound', 'openai', { label: 'Mine' }),
    change('a key in place of one that is bound elsewhere', 'together', { key: 'sk-good-0123456789' }),
    change('a key and an endpoint in its place', 'together', {
      key: 'sk-good-0123456789',
      endpoint: '{fake-https}/open/v1',
    }),
    change('a key in place of several', 'groq', { key: 'gsk_-good-0123456789' }),
    { name: 'keys that can be used again', path: `${API}/keys`, as: 'professional' },
    {
      name: 'a removal of what cannot be decrypted',
      method: 'DELETE',
      path: `${API}/keys/anthropic`,
      as: 'professional',
    },
  ]);
}

const change = (name: string, provider: string, json: unknown): Step => ({
  name,
  method: 'PATCH',
  path: `${API}/keys/${provider}`,
  as: 'professional',
  json,
});

/** What everybody may ask, as somebody who may not be any more. */
const ASKED: readonly (readonly [method: string, path: string, json?: unknown])[] = [
  ['GET', `${API}/keys`],
  ['GET', '/auth/me'],
  ['GET', '/auth/sessions'],
  ['GET', `${API}/stats`],
  ['GET', `${API}/providers`],
  ['GET', `${API}/audit?limit=1`],
  ['GET', `${API}/keys/last-uses`],
  ['GET', `${API}/admin/users?query=a`],
  ['GET', `${API}/admin/overview`],
  ['POST', `${API}/keys/add`, { provider: 'openai', key: 'sk-good-0123456789' }],
  ['PATCH', `${API}/keys/groq`, { label: 'x' }],
  ['PATCH', `${API}/keys/groq`, { enabled: false }],
  ['POST', `${API}/keys/test/groq`],
  ['POST', `${API}/keys/test/groq`, { key: 'sk-good-0123456789' }],
  ['DELETE', `${API}/keys/groq`],
  ['GET', '/'],
];

function askedAs(as: string, state: string): Step[] {
  return ASKED.map(([method, path, json], i) => ({
    name: `${state}: ${i} ${method} ${path}`,
    method,
    path,
    as,
    // The first one tells the memory.
    ...(i === 0 ? { headers: { 'cache-control': 'no-cache' } } : {}),
    ...(json === undefined ? {} : { json }),
  }));
}

/** `professional` loses the account, bit by bit. */
export async function askAsLost(to: Recorder, store: UserStore): Promise<void> {
  const id = to.world.values.get('id:professional') ?? '';
  const release = (name: string): Step => ({
    name,
    method: 'POST',
    path: `${API}/internal/keys/resolve`,
    bearer: 'all',
    json: { user: { id: '{id:professional}' }, provider: 'groq', system_fallback: true },
    internal: true,
  });
  const revoke = (name: string): Step => ({
    name,
    method: 'POST',
    path: `${API}/admin/users/{id:professional}/keys/groq/revoke`,
    as: 'enterprise',
  });
  await store.setAttributes(id, { subscription_status: ['past_due'] });
  await to.settle();
  await to.all(askedAs('professional', 'lapsed'));
  await store.setAttributes(id, { subscription_status: null, subscription_tier: ['starter', 'enterprise'] });
  await to.settle();
  await to.all(askedAs('professional', 'of two tiers').slice(0, 2));
  await store.setAttributes(id, { subscription_tier: ['professional'], byok_groq_enabled: null });
  await store.setEnabled(id, false);
  await to.settle();
  await to.all(askedAs('professional', 'disabled'));
  await to.all([release('a release for the disabled'), revoke('a key of the disabled is revoked')]);
  await to.ask({ name: 'keys of the disabled', path: `${API}/admin/users/{id:professional}/keys`, as: 'enterprise' });
  await store.remove(id);
  await to.settle();
  await to.all(askedAs('professional', 'deleted'));
  await to.all([release('a release for the deleted'), revoke('a key of the deleted is revoked')]);
  await to.ask({ name: 'keys of the deleted', path: `${API}/admin/users/{id:professional}/keys`, as: 'enterprise' });
}
