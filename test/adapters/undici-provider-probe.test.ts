import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createUndiciProviderProbe,
  type UndiciProviderProbeOptions,
} from '../../src/adapters/undici-provider-probe.ts';
import type { ProbeResult, ProviderProbe } from '../../src/domain/provider-probe.ts';
import { PROVIDERS, type Provider } from '../../src/domain/provider-table.ts';
import { type CanaryListener, startCanaryListener } from '../support/canary-listener.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { BEHAVIOURS, type Behaviour } from '../support/fake-provider-answers.ts';
import { type FakeProviders, startFakeProviders } from '../support/fake-providers.ts';
import { FORBIDDEN_ENDPOINTS } from '../support/forbidden-endpoints.ts';

const CANARY = 'cAnArY0123456789';
let fake: FakeProviders;
let canary: CanaryListener;
let probe: ProviderProbe;
const probes: ProviderProbe[] = [];

beforeAll(async () => {
  fake = await startFakeProviders();
  canary = await startCanaryListener();
  probe = probeWith({});
});

afterAll(async () => {
  await Promise.all(probes.map((one) => one.close()));
  await canary.close();
  await fake.close();
});

beforeEach(() => {
  fake.requests.length = 0;
});

/** Endpoints on 127.0.0.1 are allowed, unless `allow` says otherwise. */
function probeWith(options: Partial<UndiciProviderProbeOptions>): ProviderProbe {
  const made = createUndiciProviderProbe({
    timeoutMs: 10_000,
    ports: [443, fake.httpsPort],
    allow: ['127.0.0.1'],
    caFile: fake.ca,
    apiUrls: fake.apiUrls,
    ...options,
  });
  probes.push(made);
  return made;
}

function provider(id: string): Provider {
  const found = PROVIDERS.get(id);
  if (found === undefined) throw new TypeError(`no provider ${id}`);
  return found;
}

const keyFor = (id: string, behaviour: string): string => `${provider(id).prefix ?? 'key-'}${behaviour}-${CANARY}`;
const summary = ({ status, reason, statusCode }: ProbeResult): string => `${status} ${reason} ${statusCode ?? '-'}`;

/** Tests a key at the provider's own address, or for `custom` at its endpoint. */
function ask(id: string, behaviour: string, using = probe): Promise<ProbeResult> {
  const endpoint = id === 'custom' ? fake.httpsUrl('custom') : undefined;
  return using.probe({ provider: provider(id), key: keyFor(id, behaviour), endpoint });
}

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
  html: 'error unexpected_answer 200',
  blocked: 'error unexpected_answer 403',
  garbage: 'error unexpected_answer 200',
  redirect: 'error unexpected_answer 302',
  cut: 'error unreachable -',
};
const EXPECTED: Readonly<Record<string, Partial<typeof COMMON>>> = {
  openai: { restricted: 'valid restricted 401', region: 'unknown cannot_verify 403', closed: 'invalid permission 401' },
  anthropic: { region: 'unknown cannot_verify 403', overloaded: 'error provider_error 529' },
  huggingface: { restricted: 'valid restricted 200' },
  cohere: { restricted: 'invalid bad_key 200', garbage: 'error unexpected_answer 200' },
  together: {},
  perplexity: { quota: 'valid quota 401', moved: 'valid ok 200', badrequest: 'valid ok 400' },
  groq: { region: 'unknown cannot_verify 403', closed: 'invalid permission 400' },
  custom: {},
};

describe.each(Object.keys(EXPECTED))('%s', (id) => {
  const expected = Object.entries({ ...COMMON, ...EXPECTED[id] });
  test.each(expected)('a key that is %s reads as %s', async (behaviour, outcome) => {
    const result = await ask(id, behaviour);
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
    await ask(id, 'bad');
    expect(fake.requests).toHaveLength(1);
    const [request] = fake.requests;
    expect(request?.path).not.toContain(CANARY);
    expect(request?.provider).toBe(id);
    expect(request?.method).toBe(provider(id).probe.method);
    expect(request?.headers['content-length'] ?? '0').toBe('0');
    const carrying = Object.entries(request?.headers ?? {}).filter(([, value]) => String(value).includes(CANARY));
    expect(carrying.map(([name]) => name)).toEqual([id === 'anthropic' ? 'x-api-key' : 'authorization']);
  });

  test('a redirect is not followed, and the key goes nowhere else', async () => {
    for (const id of PROVIDERS.keys()) await ask(id, 'redirect');
    expect(fake.requests.filter(({ path }) => path.includes('elsewhere'))).toEqual([]);
    expect(fake.requests).toHaveLength(PROVIDERS.size);
  });

  test('a key with characters that no header can hold is invalid, unsent and unrepeated', async () => {
    for (const bad of ['\r\nX-Evil: 1', '\n', '\u0000', ' ', 'ä', '\u{1f511}', '\t', '\u007f']) {
      const key = `sk-good-${CANARY}${bad}${CANARY}`;
      const result = await probe.probe({ provider: provider('openai'), key, endpoint: undefined });
      expect(summary(result)).toBe('invalid bad_key -');
      expect(JSON.stringify(result)).not.toContain(CANARY);
    }
    expect(summary(await probe.probe({ provider: provider('openai'), key: '', endpoint: undefined }))).toBe(
      'invalid bad_key -',
    );
    expect(fake.requests).toEqual([]);
  });
});

describe('messages', () => {
  test('say what is the matter in words for a person', async () => {
    const message = async (id: string, behaviour: string) => (await ask(id, behaviour)).message;
    expect(await message('openai', 'good')).toBe('OpenAI accepts the key.');
    expect(await message('openai', 'quota')).toBe('OpenAI knows the key, but its quota or credit is used up.');
    expect(await message('groq', 'ratelimited')).toBe('Groq knows the key, but is limiting its requests right now.');
    expect(await message('anthropic', 'billing')).toBe(
      'Anthropic knows the key, but the account has a billing problem.',
    );
    expect(await message('huggingface', 'restricted')).toBe(
      'HuggingFace accepts the key, but it lacks the permission "Make calls to Inference Providers", so calls will fail.',
    );
    expect(await message('perplexity', 'bad')).toBe(
      'Perplexity AI refused the key: it is wrong, expired or revoked, or its prepaid credit is used up.',
    );
    expect(await message('cohere', 'html')).toBe(
      'Cohere could not be understood: a web page or something else answered in place of the API.',
    );
    expect(await message('custom', 'bad')).toBe('The endpoint refused the key: it is wrong, expired or revoked.');
  });
});

describe('an endpoint that a user chose', () => {
  const at = (base: string, id = 'custom', using = probe) =>
    using.probe({ provider: provider(id), key: keyFor(id, 'good'), endpoint: base });

  test('that answers any key is reachable, but the key counts as unknown', async () => {
    const result = await at(fake.httpsUrl('open'));
    expect(summary(result)).toBe('unknown cannot_verify 200');
    expect(result.message).toBe('The endpoint is reachable, but answers any key alike, so the key cannot be verified.');
  });

  test('is asked with the key and then with a junk key of the same shape', async () => {
    await at(fake.httpsUrl('custom'));
    const keys = fake.requests.map(({ headers }) => headers.authorization ?? '');
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(`Bearer ${keyFor('custom', 'good')}`);
    expect(keys[1]).toMatch(/^Bearer key-[a-z]{4}x?/);
    expect(keys[1]).toHaveLength(keys[0]?.length ?? 0);
    expect(keys[1]).not.toContain(CANARY);
  });

  test('is asked in the provider’s own way where it stands in for that provider', async () => {
    expect(summary(await at(fake.httpsUrl('anthropic'), 'anthropic'))).toBe('valid ok 200');
    expect(fake.requests.map(({ path }) => path)).toEqual(['/anthropic/v1/models', '/anthropic/v1/models']);
    expect(fake.requests[0]?.headers['x-api-key']).toBe(keyFor('anthropic', 'good'));
    fake.requests.length = 0;
    expect(summary(await at(fake.httpsUrl('open'), 'openai'))).toBe('unknown cannot_verify 200');
    expect(fake.requests.every(({ provider: id }) => id === 'open')).toBe(true);
  });

  test('that is the provider’s own address needs no second question', async () => {
    const using = probeWith({ apiUrls: new Map([['openai', fake.httpsUrl('openai')]]) });
    expect(summary(await at(`${fake.httpsUrl('openai')}/`, 'openai', using))).toBe('valid ok 200');
    expect(fake.requests).toHaveLength(1);
  });

  test('that is missing cannot be tested', async () => {
    const result = await probe.probe({
      provider: provider('custom'),
      key: keyFor('custom', 'good'),
      endpoint: undefined,
    });
    expect(summary(result)).toBe('unknown cannot_verify -');
  });

  test('that lists no models for anyone leaves the key unknown', async () => {
    expect(summary(await at(`https://127.0.0.1:${fake.httpsPort}/nothing/here`))).toBe('unknown cannot_verify 404');
  });
});

describe('forbidden endpoints', () => {
  test(`${FORBIDDEN_ENDPOINTS.length} spellings are refused without a connection`, async () => {
    const using = probeWith({ allow: [], ports: [canary.port] });
    for (const text of FORBIDDEN_ENDPOINTS) {
      const endpoint = text.replace('/v1', `:${canary.port}/v1`);
      const result = await using.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
      expect(`${endpoint} ${summary(result)}`).toBe(`${endpoint} error refused_address -`);
    }
    expect(canary.connections()).toBe(0);
  });

  test('a public name that resolves inside is refused without a connection', async () => {
    let round = 0;
    const answers = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0'];
    const resolve = async () => [{ address: answers[round++ % answers.length] ?? '', family: 4 }];
    const using = probeWith({ allow: [], ports: [canary.port], resolve });
    for (let i = 0; i < 8; i += 1) {
      const endpoint = `https://rebind.example.com:${canary.port}/v1`;
      const result = await using.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
      expect(summary(result)).toBe('error refused_address -');
      expect(result.message).toBe('The endpoint leads to an address inside a network, which is not allowed.');
    }
    expect(round).toBe(8);
    expect(canary.connections()).toBe(0);
  });

  test('an address that the operator gave a provider is not thereby open to users', async () => {
    const using = probeWith({ allow: [] });
    expect(summary(await ask('openai', 'good', using))).toBe('valid ok 200');
    expect(summary(await ask('custom', 'good', using))).toBe('error refused_address -');
    const byName = { resolve: async () => [{ address: '127.0.0.1', family: 4 }] };
    const endpoint = `https://llm.example.com:${fake.httpsPort}/custom/v1`;
    const named = probeWith({ allow: [], ...byName });
    const result = await named.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
    expect(summary(result)).toBe('error refused_address -');
    expect(fake.requests.filter(({ provider: id }) => id === 'custom')).toEqual([]);
  });

  test('an endpoint on a port, scheme or with credentials that the rules forbid is refused even if it was stored', async () => {
    for (const endpoint of [
      `http://127.0.0.1:${canary.port}`,
      'https://u:p@127.0.0.1/v1',
      'https://127.0.0.1:22',
      'nonsense',
    ]) {
      const result = await probe.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
      expect(summary(result)).toBe('error refused_address -');
    }
    expect(canary.connections()).toBe(0);
  });
});

describe('networks that fail', () => {
  test.each(['hang', 'stall'])('a provider that %ss is an error once the time is up', async (behaviour) => {
    const using = probeWith({ timeoutMs: 300 });
    const results = await Promise.all([...PROVIDERS.keys()].map((id) => ask(id, behaviour, using)));
    expect(new Set(results.map(summary))).toEqual(new Set(['error timeout -']));
    expect(results[0]?.message).toBe('OpenAI did not answer in time.');
  });

  test('a name look-up, a connection or a TLS handshake that never ends is a time-out too', async () => {
    const forever = probeWith({ timeoutMs: 300, allow: [], resolve: () => new Promise(() => {}) });
    const lookup = forever.probe({
      provider: provider('custom'),
      key: keyFor('custom', 'good'),
      endpoint: 'https://a.example.com',
    });
    expect(summary(await lookup)).toBe('error timeout -');
    const silent = probeWith({ timeoutMs: 300, ports: [canary.port] });
    const endpoint = `https://127.0.0.1:${canary.port}/v1`;
    const handshake = silent.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
    expect(summary(await handshake)).toBe('error timeout -');
  });

  test('an authority that is not trusted is a TLS error, and no key was sent', async () => {
    const result = await ask('custom', 'good', probeWith({ caFile: undefined }));
    expect(summary(result)).toBe('error tls -');
    expect(result.message).toBe(
      'The endpoint could not prove who it is: its TLS certificate or connection is not in order.',
    );
    expect(fake.requests).toEqual([]);
  });

  test('a certificate for another name or one that has expired is a TLS error', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const using = probeWith({ allow: ['other.lan'], resolve });
    const endpoint = `https://other.lan:${fake.httpsPort}/custom/v1`;
    const result = await using.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
    expect(summary(result)).toBe('error tls -');
    expect(fake.requests).toEqual([]);
  });

  test('a closed port and a name that does not exist are unreachable', async () => {
    const closed = await startCanaryListener();
    await closed.close();
    const using = probeWith({
      ports: [443, closed.port],
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
    });
    const at = (endpoint: string) =>
      using.probe({ provider: provider('custom'), key: keyFor('custom', 'good'), endpoint });
    expect(summary(await at(`https://127.0.0.1:${closed.port}/v1`))).toBe('error unreachable -');
    expect((await at('https://nowhere.example.com/v1')).message).toBe(
      'The endpoint could not be found: its host name does not resolve.',
    );
  });

  test('something that does not speak HTTP is an unexpected answer', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const using = probeWith({ apiUrls: new Map([['openai', `http://127.0.0.1:${port}/v1`]]) });
    expect(summary(await ask('openai', 'good', using))).toBe('error unexpected_answer -');
    await new Promise((resolve) => server.close(resolve));
  });
});

test('after close every probe is answered at once, and closing again does nothing', async () => {
  const using = probeWith({ timeoutMs: 60_000 });
  const pending = ask('openai', 'hang', using);
  await expect.poll(() => fake.requests.length, { timeout: 5_000 }).toBe(1);
  await using.close();
  await using.close();
  expect((await pending).status).toBe('error');
  expect((await ask('openai', 'good', using)).status).toBe('error');
});

test('an authority file that cannot be used stops the start', () => {
  expect(() => probeWith({ caFile: '/nonexistent/ca.pem' })).toThrow(/ENOENT/);
  const empty = `${fake.ca}.empty`;
  writeFileSync(empty, '');
  expect(() => probeWith({ caFile: empty })).toThrow('the file holds no PEM certificate');
  const other = `${fake.ca}.other`;
  writeFileSync(other, createCertificateAuthority().cert);
  expect(() => probeWith({ caFile: other })).not.toThrow();
});
