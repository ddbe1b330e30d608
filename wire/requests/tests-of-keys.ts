// Tests of keys at providers that answer in every way there is.
import type { Recorder } from '../recorder.ts';
import { API, type Step } from '../step.ts';

const TEST = `${API}/keys/test`;

const stored = (name: string, provider: string, as = 'starter'): Step => ({
  name,
  method: 'POST',
  path: `${TEST}/${provider}`,
  as,
});
const candidate = (name: string, provider: string, json: unknown, as = 'starter'): Step => ({
  ...stored(name, provider, as),
  json,
});

/** Words that the fake providers act by. */
const BEHAVIOURS =
  'good bad restricted ratelimited quota billing permission region closed badrequest notfound moved broken overloaded html blocked garbage redirect cut'.split(
    ' ',
  );
const PROVIDERS = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq'];
/** Each of these takes as long as the service waits. */
const SLOW = ['hang', 'stall'];

const CANDIDATES: readonly Step[] = [
  ...BEHAVIOURS.map(
    (word): Step => candidate(`a key that is ${word} at openai`, 'openai', { key: `sk-${word}-0123456789` }),
  ),
  ...PROVIDERS.slice(1).flatMap((provider) =>
    ['good', 'bad', 'restricted', 'quota', 'ratelimited', 'permission'].map(
      (word): Step =>
        candidate(`a key that is ${word} at ${provider}`, provider, {
          key: `sk-${word}-0123456789`,
          send_anyway: true,
        }),
    ),
  ),
  candidate('a key of another provider', 'groq', { key: 'sk-ant-good-0123456789' }),
  ...SLOW.map((word): Step => candidate(`a key that makes openai ${word}`, 'openai', { key: `sk-${word}-0123456789` })),
];

const ENDPOINTS: readonly Step[] = [
  ['good at a custom endpoint', { key: 'good-0123456789', endpoint: '{fake-https}/custom/v1' }],
  ['bad at a custom endpoint', { key: 'bad-0123456789', endpoint: '{fake-https}/custom/v1/' }],
  ['any key at an endpoint that asks nobody', { key: 'bad-0123456789', endpoint: '{fake-https}/open/v1' }],
  ['an endpoint that leads nowhere', { key: 'good-0123456789', endpoint: '{fake-https}/nowhere' }],
  ['an endpoint that does not exist', { key: 'good-0123456789', endpoint: 'https://nowhere.invalid/v1' }],
  ['an endpoint of another kind', { key: 'good-0123456789', endpoint: '{fake-https}/anthropic/v1' }],
  ['html at a custom endpoint', { key: 'html-0123456789', endpoint: '{fake-https}/custom/v1' }],
].map(([name, json]): Step => candidate(String(name), 'custom', json));

const STORED: readonly Step[] = [
  stored('the stored key is tested', 'openai'),
  stored('the stored key of anthropic is tested', 'anthropic'),
  stored('the stored custom key is tested', 'custom'),
  stored('the stored key with an endpoint is tested', 'groq'),
  candidate('the stored key is tested with null', 'openai', null),
  stored('a key that is not stored is tested', 'together'),
  stored('a key of nobody is tested', 'nobody'),
  stored('a key is tested on a tier that is too low', 'openai', 'trial'),
  candidate('a candidate on a tier that is too low', 'openai', { key: 'sk-good-0123456789' }, 'trial'),
  candidate('a candidate of nobody', 'nobody', { key: 'sk-good-0123456789' }),
  candidate('a candidate that is too short', 'openai', { key: 'x' }),
  candidate('a candidate without a key', 'openai', {}),
  candidate('a candidate that is a list', 'openai', []),
  candidate('a candidate for custom without an endpoint', 'custom', { key: 'good-0123456789' }),
  {
    name: 'a test with a text',
    method: 'POST',
    path: `${TEST}/openai`,
    as: 'starter',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  },
  {
    name: 'a test as a form',
    method: 'POST',
    path: `${TEST}/openai`,
    as: 'starter',
    form: { key: 'sk-good-0123456789' },
  },
  { name: 'a test as nobody', method: 'POST', path: `${TEST}/openai` },
  { name: 'numbers after tests', path: `${API}/stats`, as: 'starter' },
  { name: 'keys after tests', path: `${API}/keys`, as: 'starter' },
];

/** What is stored of each result. */
const RESULTS: readonly Step[] = ['bad', 'quota', 'ratelimited', 'broken', 'html'].flatMap((word): Step[] => [
  {
    name: `a key that is ${word} is stored`,
    method: 'POST',
    path: `${API}/keys/add`,
    as: 'professional',
    json: { provider: 'openai', key: `sk-${word}-0123456789` },
  },
  stored(`a stored key that is ${word} is tested`, 'openai', 'professional'),
]);

export async function askTests(to: Recorder): Promise<void> {
  for (const steps of [CANDIDATES, ENDPOINTS, STORED, RESULTS]) await to.all(steps);
}
