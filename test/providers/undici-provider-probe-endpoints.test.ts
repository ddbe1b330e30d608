import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CanaryListener, startCanaryListener } from '../support/providers/canary-listener.ts';
import type { FakeProviders } from '../support/providers/fake-providers.ts';
import { FORBIDDEN_ENDPOINTS } from '../support/providers/forbidden-endpoints.ts';
import { CANARY, createProbeFixture, keyFor, type ProbeFixture, summary } from '../support/providers/probe-fixture.ts';

let fixture: ProbeFixture;
let fake: FakeProviders;
/** Hears nothing in these tests, whatever the endpoint. */
let canary: CanaryListener;

beforeAll(async () => {
  fixture = await createProbeFixture();
  fake = fixture.fake;
  canary = await startCanaryListener();
});

afterAll(async () => {
  await fixture.close();
  await canary.close();
});

beforeEach(() => {
  fake.requests.length = 0;
});

describe('an endpoint that a user chose', () => {
  test('that answers any key is reachable, but the key counts as unknown', async () => {
    const result = await fixture.askAt(fake.httpsUrl('open'));
    expect(summary(result)).toBe('unknown cannot_verify 200');
    expect(result.message).toBe('The endpoint is reachable, but answers any key alike, so the key cannot be verified.');
  });

  test('is asked with the key and then with a junk key of the same shape', async () => {
    await fixture.askAt(fake.httpsUrl('custom'));
    const [first, second, ...more] = fake.requests.map(({ headers }) => headers.authorization ?? '');
    expect(first).toBe(`Bearer ${keyFor('custom', 'good')}`);
    expect(second).toMatch(/^Bearer key-[a-z]{4}/);
    expect(second).toHaveLength(first?.length ?? 0);
    expect(second).not.toContain(CANARY);
    expect(more).toEqual([]);
  });

  test('is asked in the provider’s own way where it stands in for that provider', async () => {
    const result = await fixture.askAt(fake.httpsUrl('anthropic'), { id: 'anthropic' });
    expect(summary(result)).toBe('valid ok 200');
    expect(fake.requests.map(({ path }) => path)).toEqual(['/anthropic/v1/models', '/anthropic/v1/models']);
    expect(fake.requests[0]?.headers['x-api-key']).toBe(keyFor('anthropic', 'good'));
    expect(fake.requests[0]?.headers['anthropic-version']).toBe('2023-06-01');
  });

  test('gets the key alone: the provider’s own host hears nothing, and an open server proves nothing', async () => {
    const result = await fixture.askAt(fake.httpsUrl('open'), { id: 'openai' });
    expect(summary(result)).toBe('unknown cannot_verify 200');
    expect(new Set(fake.requests.map(({ provider }) => provider))).toEqual(new Set(['open']));
  });

  test('that is the provider’s own address needs no second question', async () => {
    const using = fixture.probeWith({ apiUrls: new Map([['openai', fake.httpsUrl('openai')]]) });
    const result = await fixture.askAt(`${fake.httpsUrl('openai')}/`, { id: 'openai', using });
    expect(summary(result)).toBe('valid ok 200');
    expect(fake.requests).toHaveLength(1);
  });

  test('that is missing cannot be tested', async () => {
    expect(summary(await fixture.askAt(undefined))).toBe('unknown cannot_verify -');
  });

  test('that is the address of one call says which base address was probably meant', async () => {
    const result = await fixture.askAt(`${fake.httpsUrl('custom')}/chat/completions`);
    expect(result.status).toBe('unknown');
    expect(result.message.endsWith(`Did you mean ${fake.httpsUrl('custom')}?`)).toBe(true);
  });

  test('that lists no models for anyone leaves the key unknown', async () => {
    const result = await fixture.askAt(`https://127.0.0.1:${fake.httpsPort}/nothing/here`);
    expect(summary(result)).toBe('unknown cannot_verify 404');
    expect(result.message).toBe('The endpoint has nothing at the address that would check the key.');
  });
});

describe('forbidden endpoints', () => {
  test(`${FORBIDDEN_ENDPOINTS.length} spellings are refused without a connection`, async () => {
    const using = fixture.probeWith({ allow: [], ports: [canary.port] });
    for (const text of FORBIDDEN_ENDPOINTS) {
      const endpoint = text.replace('/v1', `:${canary.port}/v1`);
      expect(`${text} ${summary(await fixture.askAt(endpoint, { using }))}`).toBe(`${text} error refused_address -`);
    }
    expect(canary.connections()).toBe(0);
  });

  test('a public name that resolves inside is refused without a connection', async () => {
    let lookups = 0;
    const answers = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0'];
    const resolve = async () => [{ address: answers[lookups++ % answers.length] ?? '', family: 4 }];
    const using = fixture.probeWith({ timeoutMs: 300, allow: [], ports: [canary.port], resolve });
    for (let round = 0; round < 8; round += 1) {
      const result = await fixture.askAt(`https://rebind.example.com:${canary.port}/v1`, { using });
      expect(summary(result)).toBe('error unreachable -');
    }
    expect(lookups).toBe(8);
    expect(canary.connections()).toBe(0);
  });

  test('a permitted endpoint that redirects inside is not followed', async () => {
    const result = await fixture.ask('custom', 'redirect');
    expect(summary(result)).toBe('unknown unexpected_answer 302');
    const using = fixture.probeWith({
      apiUrls: new Map([['openai', fake.redirectingUrl(`http://127.0.0.1:${canary.port}`)]]),
    });
    expect(summary(await fixture.ask('openai', 'good', using))).toBe('unknown unexpected_answer 307');
    expect(canary.connections()).toBe(0);
  });

  test('the address that the operator gave a provider is not thereby open to users', async () => {
    const using = fixture.probeWith({ allow: [] });
    expect(summary(await fixture.ask('openai', 'good', using))).toBe('valid ok 200');
    expect(summary(await fixture.ask('custom', 'good', using))).toBe('error refused_address -');
    const byName = fixture.probeWith({
      timeoutMs: 300,
      allow: [],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const named = await fixture.askAt(`https://llm.example.com:${fake.httpsPort}/custom/v1`, { using: byName });
    expect(summary(named)).toBe('error unreachable -');
    expect(fake.requests.map(({ provider }) => provider)).toEqual(['openai']);
  });

  test('a host name that the operator allows may lead inside', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const using = fixture.probeWith({ allow: ['localhost'], resolve });
    const result = await fixture.askAt(`https://localhost:${fake.httpsPort}/custom/v1`, { using });
    expect(summary(result)).toBe('valid ok 200');
  });

  test('an endpoint that breaks the rules is refused even if it was stored', async () => {
    const port = canary.port;
    const bad = [
      `http://127.0.0.1:${port}`,
      `https://u:p@127.0.0.1:443/v1`,
      `https://127.0.0.1:${port}`,
      'nonsense',
      '',
    ];
    for (const endpoint of bad) expect(summary(await fixture.askAt(endpoint))).toBe('error refused_address -');
    expect(canary.connections()).toBe(0);
  });
});
