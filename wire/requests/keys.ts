// What a person does with keys: add, list, change, test, remove; and what is refused.
import type { Recorder } from '../recorder.ts';
import { API, type Step } from '../step.ts';

const KEYS = `${API}/keys`;
const ADD = { method: 'POST', path: `${KEYS}/add` } as const;
const GOOD = 'sk-good-0123456789abcdef';

const add = (name: string, json: unknown, as = 'starter'): Step => ({ name, ...ADD, as, json });
const change = (name: string, provider: string, json: unknown, as = 'starter'): Step => ({
  name,
  method: 'PATCH',
  path: `${KEYS}/${provider}`,
  as,
  json,
});
const remove = (name: string, provider: string, as = 'starter'): Step => ({
  name,
  method: 'DELETE',
  path: `${KEYS}/${provider}`,
  as,
});
const list = (name: string, as = 'starter'): Step => ({ name, path: KEYS, as });
const fresh = (name: string, as = 'starter'): Step => ({ ...list(name, as), headers: { 'cache-control': 'no-cache' } });

const FIRST: readonly Step[] = [
  list('no keys yet'),
  fresh('no keys yet, past the memory'),
  { name: 'numbers without keys', path: `${API}/stats`, as: 'starter' },
  { name: 'providers without keys', path: `${API}/providers`, as: 'starter' },
  { name: 'last uses without keys', path: `${KEYS}/last-uses`, as: 'starter' },
  { name: 'last uses as nobody', path: `${KEYS}/last-uses` },
];

const ADDITIONS: readonly Step[] = [
  add('a key is added', { provider: 'openai', key: GOOD }),
  add('a key is added with a label', {
    provider: 'anthropic',
    key: 'sk-ant-good-0123456789abcdef',
    label: ' Production ',
  }),
  add('a key is replaced', { provider: 'openai', key: 'sk-good-another-0123456789', label: 'Second' }),
  add('a key that looks like another provider’s', { provider: 'cohere', key: 'sk-ant-good-0123456789abcdef' }),
  add('a key without the usual beginning', { provider: 'groq', key: 'good-0123456789abcdef' }),
  add('a key with an empty label and no endpoint', {
    provider: 'together',
    key: 'good-0123456789',
    label: '',
    endpoint: null,
  }),
  add('a short key', { provider: 'huggingface', key: 'hf_-good-0' }),
  add('a key with a label in other letters', {
    provider: 'perplexity',
    key: 'pplx-good-0123456789',
    label: 'Schlüssel 🔑',
  }),
  add('a custom endpoint', { provider: 'custom', key: 'good-0123456789', endpoint: '{fake-https}/custom/v1/' }),
  add('another host for a provider', {
    provider: 'groq',
    key: 'gsk_-good-0123456789',
    endpoint: '{fake-https}/custom/v1',
  }),
  add(
    'the longest key',
    { provider: 'cohere', key: `good-${'k'.repeat(4091)}`, label: 'l'.repeat(100) },
    'professional',
  ),
  add('a key of an administrator', { provider: 'openai', key: GOOD, label: 'Enterprise' }, 'enterprise'),
  add('fields that are not known', { provider: 'openai', key: GOOD, enabled: false, extra: { a: 1 } }, 'professional'),
  add('a key on a tier that is too low', { provider: 'openai', key: GOOD }, 'trial'),
  add('a key that is not valid on a tier that is too low', { provider: 'openai', key: 'x' }, 'trial'),
  add(
    'an endpoint that is refused on a tier that is too low',
    { provider: 'custom', key: GOOD, endpoint: 'https://10.0.0.1' },
    'trial',
  ),
  list('the keys'),
  fresh('the keys, past the memory'),
  {
    name: 'the keys, as an old client asks',
    path: `${KEYS}?_t=1`,
    as: 'starter',
    headers: { accept: 'application/json, text/plain, */*' },
  },
  list('the keys of another', 'professional'),
  list('the keys of the trial', 'trial'),
  { name: 'the keys, HEAD', method: 'HEAD', path: KEYS, as: 'starter' },
  { name: 'numbers', path: `${API}/stats`, as: 'starter' },
  { name: 'providers', path: `${API}/providers`, as: 'starter' },
  { name: 'numbers of the trial', path: `${API}/stats`, as: 'trial' },
];

const INVALID: readonly unknown[] = [
  {},
  [],
  null,
  'text',
  7,
  { provider: 'openai' },
  { key: GOOD },
  { provider: 'nobody', key: GOOD },
  { provider: '', key: GOOD },
  { provider: 'OpenAI', key: GOOD },
  { provider: 7, key: GOOD },
  { provider: null, key: GOOD },
  { provider: 'constructor', key: GOOD },
  { provider: 'openai', key: '' },
  { provider: 'openai', key: 'short' },
  { provider: 'openai', key: 'with space 0123456789' },
  { provider: 'openai', key: 'ключ-0123456789-ключ' },
  { provider: 'openai', key: `sk-${'k'.repeat(4100)}` },
  { provider: 'openai', key: [GOOD] },
  { provider: 'openai', key: null },
  { provider: 'openai', key: GOOD, label: 'l'.repeat(101) },
  { provider: 'openai', key: GOOD, label: 'two\nlines' },
  { provider: 'openai', key: GOOD, label: '\ud800' },
  { provider: 'openai', key: GOOD, label: 7 },
  { provider: 'openai', key: GOOD, endpoint: 7 },
  { provider: 'openai', key: GOOD, endpoint: `https://llm.example.com/${'x'.repeat(2048)}` },
  { provider: 'nobody', key: 'x', label: 7 },
  { provider: 'custom', key: GOOD },
  { provider: 'custom', key: GOOD, endpoint: ' ' },
];

const ENDPOINTS: readonly string[] = [
  'http://llm.example.com/v1',
  'llm.example.com',
  'ftp://llm.example.com',
  'https://',
  'https://127.0.0.1/v1',
  'https://localhost:8443',
  'https://10.0.0.1/v1',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/v1',
  'https://0x7f000001/v1',
  'https://metadata.google.internal',
  'https://keycloak',
  'https://user:password@llm.example.com',
  'https://llm.example.com/v1?key=1',
  'https://llm.example.com/v1#part',
  'https://llm.example.com:22/v1',
  'https://llm..example.com',
  'https://llm.example.com/a b',
  'https://llm.example.com\\v1',
  'https://bücher.example',
];

const REFUSALS: readonly Step[] = [
  ...INVALID.map((json): Step => add(`no addition: ${JSON.stringify(json).slice(0, 80)}`, json)),
  ...ENDPOINTS.map((endpoint): Step => add(`no endpoint: ${endpoint}`, { provider: 'custom', key: GOOD, endpoint })),
  ...ENDPOINTS.slice(0, 6).map(
    (endpoint): Step => change(`no change to the endpoint: ${endpoint}`, 'custom', { key: GOOD, endpoint }),
  ),
  ...ENDPOINTS.slice(0, 6).map(
    (endpoint): Step => ({
      name: `no test at the endpoint: ${endpoint}`,
      method: 'POST',
      path: `${KEYS}/test/custom`,
      as: 'starter',
      json: { key: GOOD, endpoint },
    }),
  ),
];

const CHANGES: readonly Step[] = [
  change('a new label', 'openai', { label: 'Renamed' }),
  change('a label that is blank', 'openai', { label: '  ' }),
  change('the same label again', 'openai', { label: 'OpenAI Key' }),
  change('turned off', 'openai', { enabled: false }),
  list('the keys with one turned off'),
  change('turned on', 'openai', { enabled: true }),
  change('turned on and renamed', 'openai', { enabled: true, label: 'On' }),
  change('a new key', 'openai', { key: 'sk-good-third-0123456789' }),
  change('a new key and all else', 'openai', {
    key: GOOD,
    label: 'All',
    enabled: false,
    endpoint: '{fake-https}/open/v1',
  }),
  change('a new key keeps the endpoint', 'openai', { key: 'sk-good-fourth-0123456789' }),
  change('a new key without the endpoint', 'openai', { key: GOOD, endpoint: null, enabled: true }),
  change('an endpoint without a key', 'openai', { endpoint: '{fake-https}/open/v1' }),
  change('an endpoint taken away without a key', 'custom', { endpoint: '' }),
  change('a custom key loses its endpoint', 'custom', { key: GOOD, endpoint: '' }),
  change('nothing', 'openai', {}),
  change('nothing that is known', 'openai', { other: 1 }),
  change('a list', 'openai', []),
  change('no label', 'openai', { label: null }),
  change('on in words', 'openai', { enabled: 'true' }),
  change('a label that is too long', 'openai', { label: 'l'.repeat(101) }),
  change('a key that is too short', 'openai', { key: 'x' }),
  change('a change of a key that is not there', 'perplexity', { label: 'x' }, 'professional'),
  change('a key that is not there turned off', 'perplexity', { enabled: false }, 'professional'),
  change('a change at nobody', 'nobody', { label: 'x' }),
  change('a change on a tier that is too low', 'openai', { label: 'x' }, 'trial'),
  change('turned off on a tier that is too low', 'openai', { enabled: false }, 'trial'),
  change('turned off and renamed on a tier that is too low', 'openai', { enabled: false, label: 'x' }, 'trial'),
  fresh('the keys after changes'),
];

const REMOVALS: readonly Step[] = [
  remove('a key is removed', 'together'),
  remove('a key is removed again', 'together'),
  remove('a key of nobody is removed', 'nobody'),
  remove('a key is removed on a tier that is too low', 'openai', 'trial'),
  { name: 'a removal with a body', method: 'DELETE', path: `${KEYS}/together`, as: 'starter', json: { sure: true } },
  {
    name: 'a removal with a body that is none',
    method: 'DELETE',
    path: `${KEYS}/together`,
    as: 'starter',
    body: '{',
    headers: { 'content-type': 'application/json' },
  },
  { name: 'a removal as nobody', method: 'DELETE', path: `${KEYS}/openai` },
  { name: 'one key is nothing to read', path: `${KEYS}/openai`, as: 'starter' },
  list('the keys after removals'),
];

export async function askKeys(to: Recorder): Promise<void> {
  for (const steps of [FIRST, ADDITIONS, REFUSALS, CHANGES, REMOVALS]) await to.all(steps);
}
