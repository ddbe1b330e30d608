// What people send in place of a key: a mask, a placeholder, or a key with something around it. Every call that takes a key
// refuses it with a sentence, stores nothing, asks nobody and repeats nothing of it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UNREADABLE } from '../../src/users/user-view.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { MASKS, OTHER_THINGS, PLACEHOLDERS, REFERENCES, WEB_ADDRESSES, WRAPPED } from './pasted-texts.ts';

const KEY = 'sk-good-0123456789abcdef-5678';

describe('what is no key', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  let client: ApiClient;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startService(providerEnv(fakes));
    client = await demoClient(service, 'starter');
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });
  const attributes = async () => (await service.core.directory.findByEmail('starter@example.com'))?.attributes;
  const custom = (key: string) => ({ key, endpoint: fakes.httpsUrl('custom') });
  beforeEach(async () => {
    await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY });
  });

  /** Sent by each call that takes a key. @returns the sentence, which is the same everywhere. */
  async function refused(provider: string, body: { key: string; endpoint?: string }): Promise<string> {
    const before = await attributes();
    const asked = fakes.requests.length;
    const replies = [
      await client.post(`${API}/keys/add`, { provider, ...body }),
      await client.patch(`${API}/keys/${provider}`, body),
      await client.post(`${API}/keys/test/${provider}`, body),
    ];
    for (const reply of replies) {
      expectProblem(reply, 422, 'validation_failed');
      expect(reply.body).toMatchObject({ errors: [{ path: 'key', message: reply.detail }] });
      expect(reply.text).not.toContain(body.key);
      expect(reply.text).not.toContain('abcdef');
    }
    expect(await attributes()).toEqual(before);
    expect(fakes.requests.length).toBe(asked);
    const sentences = new Set(replies.map(({ detail }) => String(detail)));
    expect(sentences.size).toBe(1);
    return [...sentences].join();
  }

  it.each(MASKS)('a mask is refused as what it is: %s', async (mask) => {
    expect(await refused('openai', { key: mask })).toMatch(/^This is a masked key, not the key itself\..* whole key/);
  });

  it.each(PLACEHOLDERS)('so is a placeholder: %s', async (text) => {
    expect(await refused('openai', { key: text })).toMatch(/^This is a placeholder, not a key\./);
  });

  it.each(REFERENCES)('so is what only names where the key is: %s', async (text) => {
    expect(await refused('openai', { key: text })).toMatch(/^This is the name of a variable/);
  });

  it.each(WEB_ADDRESSES)('so is an address: %s', async (text) => {
    expect(await refused('openai', { key: text })).toMatch(/^This is a web address, not a key\./);
  });

  it.each(OTHER_THINGS)('so is what is no key: %s', async (text, said) => {
    expect(await refused('openai', { key: text })).toContain(said);
  });

  it.each(WRAPPED)('what is around a key is named: %s', async (text, without) => {
    expect(await refused('openai', { key: text })).toBe(`Send the key alone, without ${without}.`);
  });

  it.each([
    'OPENAI_API_KEY=sk-0123456789ab\nGROQ_API_KEY=gsk_0123456789ab',
    'OPENAI_API_KEY=sk-0123456789ab GROQ_API_KEY=gsk_0123456789ab',
    '{"provider": "openai", "key": "sk-0123456789abcdef"}',
    'curl -H "Authorization: Bearer sk-0123456789abcdef" https://api.openai.com/v1/models',
  ])('more than one thing is not taken apart: %s', async (text) => {
    expect(await refused('openai', { key: text })).toMatch(/^There is (?:more here than one key|a space)/);
  });

  it('the preview of each provider’s stored key is refused by each of them', async () => {
    await client.post(`${API}/keys/add`, { provider: 'anthropic', key: 'sk-ant-api03-0123456789abcdef' });
    await client.post(`${API}/keys/add`, { provider: 'custom', ...custom('llm-key-of-my-own') });
    const { body } = await client.get(`${API}/keys`);
    const previews = (body as { key_preview: string }[]).map(({ key_preview }) => key_preview);
    expect(previews).toHaveLength(3);
    for (const key of previews)
      for (const [provider, sent] of [
        ['openai', { key }],
        ['anthropic', { key }],
        ['custom', custom(key)],
      ] as const)
        expect(await refused(provider, sent)).toMatch(/^This is a masked key/);
    await client.delete(`${API}/keys/anthropic`);
    await client.delete(`${API}/keys/custom`);
  });

  it('a custom key may be anything else that can be printed, one character included', async () => {
    for (const key of [
      '"in-quotes"',
      'Bearer:x',
      'OPENAI_API_KEY=x',
      'changeme',
      'sk-abcdefgh...ijklmnop',
      '7',
      'sk-****abcd',
      '$KEY',
      'https://llm.example.com',
    ]) {
      expect(await client.post(`${API}/keys/add`, { provider: 'custom', ...custom(key) })).toMatchObject({
        status: 200,
      });
      expect(await client.post(`${API}/keys/test/custom`, custom(key))).toMatchObject({ status: 200 });
      expect(await client.patch(`${API}/keys/custom`, { key })).toMatchObject({ status: 200 });
    }
    for (const key of UNREADABLE) expect(await refused('custom', custom(key))).toMatch(/^This is a masked/);
    await client.delete(`${API}/keys/custom`);
  });

  it('the mask of a key that cannot be read is refused too', async () => {
    for (const key of [...UNREADABLE, '****'])
      expect(await refused('openai', { key })).toMatch(/^This is a masked key/);
  });

  it('keys as providers give them out are taken', async () => {
    const part = 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z';
    for (const [provider, key] of [
      ['openai', `sk-${part}`],
      ['openai', `sk-proj-${part}_-${part}-A`],
      ['openai', `sk-svcacct-${part}_`],
      ['anthropic', `sk-ant-api03-${part}_${part}-AA`],
      ['huggingface', `hf_${part}`],
      ['cohere', part],
      ['together', `tgp_v1_${part}`],
      ['together', '0123456789abcdef'.repeat(4)],
      ['perplexity', `pplx-${part}`],
      ['groq', `gsk_${part}${part}`],
      ['openai', `id.${part}.${part}`],
      ['openai', `${part}==`],
      ['openai', `key-${part}:${part}`],
      ['openai', 'a3f0c1de-7b52-4a0c-9f11-0c2d4e6f8a1b:0123456789abcdef'],
      ['openai', 'sk-test-key-1234'],
    ] as const)
      expect(await client.post(`${API}/keys/add`, { provider, key })).toMatchObject({ status: 200 });
  });
});
