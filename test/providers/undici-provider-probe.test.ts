import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { BEHAVIOURS, type Behaviour } from '../support/providers/fake-provider-behaviours.ts';
import {
  CANARY,
  createProbeFixture,
  type ProbeFixture,
  provider,
  summary,
} from '../support/providers/probe-fixture.ts';

let fixture: ProbeFixture;

beforeAll(async () => {
  fixture = await createProbeFixture();
});

afterAll(() => fixture.close());

beforeEach(() => {
  fixture.fake.requests.length = 0;
});

const COMMON: Readonly<Record<Exclude<Behaviour, 'hang' | 'stall'>, string>> = {
  good: 'valid ok 200',
  bad: 'invalid bad_key 401',
  restricted: 'invalid bad_key 401',
  ratelimited: 'valid rate_limited 429',
  quota: 'valid quota 429',
  billing: 'valid billing 402',
  permission: 'valid permission 403',
  region: 'unknown cannot_verify 451',
  closed: 'invalid permission 403',
  badrequest: 'unknown cannot_verify 400',
  notfound: 'valid ok 404',
  moved: 'invalid bad_key 401',
  broken: 'error provider_error 500',
  overloaded: 'error provider_error 503',
  html: 'unknown unexpected_answer 200',
  blocked: 'unknown unexpected_answer 403',
  edgelimit: 'unknown unexpected_answer 429',
  edgepay: 'unknown unexpected_answer 402',
  edgeauth: 'unknown unexpected_answer 401',
  garbage: 'unknown unexpected_answer 200',
  redirect: 'unknown unexpected_answer 302',
  cut: 'error unreachable -',
};
const EXPECTED: Readonly<Record<string, Partial<typeof COMMON>>> = {
  openai: { restricted: 'valid restricted 401', region: 'unknown cannot_verify 403', closed: 'invalid permission 401' },
  anthropic: {
    region: 'unknown cannot_verify 403',
    overloaded: 'error provider_error 529',
    quota: 'valid quota 400',
  },
  huggingface: { restricted: 'valid restricted 200' },
  cohere: { restricted: 'invalid bad_key 200', garbage: 'unknown unexpected_answer 200' },
  together: {},
  perplexity: { quota: 'valid quota 401', moved: 'valid ok 200', badrequest: 'valid ok 400' },
  groq: { region: 'unknown cannot_verify 403', closed: 'invalid permission 400' },
  custom: {},
};

describe.each(Object.keys(EXPECTED))('%s', (id) => {
  const expected = Object.entries({ ...COMMON, ...EXPECTED[id] });
  test.each(expected)('a key that is %s reads as %s', async (behaviour, outcome) => {
    const result = await fixture.ask(id, behaviour);
    expect(summary(result)).toBe(outcome);
    expect(result.message).toMatch(/^[A-Z].*\.$/);
    expect(result.message).not.toMatch(/cAnArY|KEY|sk-|https?:/);
  });
});

test('the expectations above cover every provider and every behaviour that gives an answer', () => {
  expect(Object.keys(EXPECTED)).toEqual([...PROVIDERS.keys()]);
  expect([...Object.keys(COMMON), 'hang', 'stall'].sort()).toEqual([...BEHAVIOURS].sort());
});

describe('what is sent', () => {
  test.each([...PROVIDERS.keys()])('%s gets one request, the key in one header, and no body', async (id) => {
    await fixture.ask(id, 'bad');
    expect(fixture.fake.requests).toHaveLength(1);
    const [request] = fixture.fake.requests;
    expect(request?.path).not.toContain(CANARY);
    expect(request?.provider).toBe(id);
    expect(request?.method).toBe(provider(id).probe.method);
    expect(request?.headers['content-length'] ?? '0').toBe('0');
    const carrying = Object.entries(request?.headers ?? {}).filter(([, value]) => String(value).includes(CANARY));
    expect(carrying.map(([name]) => name)).toEqual([id === 'anthropic' ? 'x-api-key' : 'authorization']);
  });

  test('a redirect is not followed, and the key goes nowhere else', async () => {
    for (const id of PROVIDERS.keys()) await fixture.ask(id, 'redirect');
    expect(fixture.fake.requests.filter(({ path }) => path.includes('elsewhere'))).toEqual([]);
    expect(fixture.fake.requests).toHaveLength(PROVIDERS.size);
  });

  test('a key with characters that no header can hold is invalid, unsent and unrepeated', async () => {
    for (const bad of ['\r\nX-Evil: 1', '\n', '\u0000', ' ', 'ä', '\u{1f511}', '\t', '\u007f']) {
      const key = `sk-good-${CANARY}${bad}${CANARY}`;
      const result = await fixture.probeWith().probe({ provider: provider('openai'), key, endpoint: undefined });
      expect(summary(result)).toBe('invalid bad_key -');
      expect(JSON.stringify(result)).not.toContain(CANARY);
    }
    expect(
      summary(await fixture.probeWith().probe({ provider: provider('openai'), key: '', endpoint: undefined })),
    ).toBe('invalid bad_key -');
    expect(fixture.fake.requests).toEqual([]);
  });
});

describe('messages', () => {
  test('say what is the matter in words for a person', async () => {
    const message = async (id: string, behaviour: string) => (await fixture.ask(id, behaviour)).message;
    expect(await message('openai', 'good')).toBe('OpenAI accepts the key.');
    expect(await message('openai', 'quota')).toBe('OpenAI knows the key, but its quota or credit is used up.');
    expect(await message('groq', 'ratelimited')).toBe('Groq knows the key, but is limiting its requests right now.');
    expect(await message('anthropic', 'billing')).toBe(
      'Anthropic knows the key, but the account has a billing problem.',
    );
    expect(await message('huggingface', 'restricted')).toBe(
      'HuggingFace accepts the key, but calls will fail, because it lacks the permission "Make calls to Inference Providers".',
    );
    expect(await message('perplexity', 'bad')).toBe(
      'Perplexity AI refused the key: it is wrong, expired or revoked, or its prepaid credit is used up.',
    );
    expect(await message('cohere', 'html')).toBe(
      'Cohere answered 200 with HTML, which is not how its API answers, so the key could not be checked.',
    );
    expect(await message('custom', 'bad')).toBe('The endpoint refused the key: it is wrong, expired or revoked.');
  });
});
