import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { prefixWarnings } from '../../src/keys/key-warnings.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createKeyWorld, providerRow } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const OTHER_KEY = 'sk-abcdefghijklmnopqrst';

describe('adding a key', () => {
  it('stores it sealed to the user, the provider and the endpoint, and shows it masked', async () => {
    const { add, fields, vault, userId, keys } = createKeyWorld();
    const answer = await add('openai', KEY, { label: 'Production', endpoint: 'https://llm.example.com/v1/' });
    expect(answer).toEqual({ replaced: false, preview: 'sk-1234...5678', warnings: [] });
    const { key, binding, ...rest } = fields('openai');
    expect(rest).toEqual({
      label: ['Production'],
      endpoint: ['https://llm.example.com/v1'],
      added_date: ['2026-11-22T10:00:00.000Z'],
    });
    const place = keyPlace(
      { kind: 'user', id: userId },
      { provider: 'openai', endpoint: 'https://llm.example.com/v1' },
    );
    const sealed = { token: key?.[0] ?? '', binding: binding?.[0] };
    expect(vault.open(place, sealed)).toEqual({ state: 'usable', key: KEY });
    expect((await keys.user(userId)).keys).toMatchObject([
      { provider: 'openai', preview: 'sk-1234...5678', state: 'usable' },
    ]);
  });

  it('stores the bare key, so that the old services read it', async () => {
    const { add, fields, masterKey } = createKeyWorld();
    await add('openai', KEY);
    expect(createFernet([masterKey]).decrypt(fields('openai').key?.[0] ?? '')).toBe(KEY);
  });

  it('leaves every other attribute as it is', async () => {
    const { add, directory, userId } = createKeyWorld();
    await add('groq', 'gsk_0123456789abcdef');
    const before = directory.attributes(userId);
    await add('openai', KEY);
    expect(directory.attributes(userId)).toMatchObject({
      ...before,
      department: ['Engines'],
      subscription_tier: ['starter'],
    });
  });

  it('is remembered at once, without another read of the directory', async () => {
    const { add, directory, keys, userId } = createKeyWorld();
    expect((await keys.user(userId)).keys).toEqual([]);
    await add('openai', KEY);
    const before = directory.steps.length;
    expect((await keys.user(userId)).keys.map(({ provider }) => provider)).toEqual(['openai']);
    expect(directory.steps.length).toBe(before);
  });

  it('reads once and writes once', async () => {
    const { add, directory } = createKeyWorld();
    await add('openai', KEY);
    expect(directory.steps).toEqual(['openSection', 'write', 'written']);
  });

  it('again replaces all that was there: the result of a test, the endpoint, being off, and several values', async () => {
    const { add, change, fields, keys, userId, tamper, by } = createKeyWorld();
    await add('openai', KEY, { label: 'Old', endpoint: 'https://llm.example.com' });
    await keys.testStored(by, userId, providerRow('openai'));
    await change('openai', { enabled: false });
    tamper({ byok_openai_key: ['one', 'two'], byok_openai_binding: ['one', 'two'] });
    await add('openai', OTHER_KEY);
    expect(Object.keys(fields('openai')).sort()).toEqual(['added_date', 'binding', 'key', 'label', 'version']);
    expect(fields('openai')).toMatchObject({ label: ['OpenAI Key'], key: [expect.any(String)] });
    expect((await keys.user(userId)).keys).toMatchObject([
      { state: 'usable', preview: 'sk-abcd...qrst', enabled: true },
    ]);
  });

  it('needs an endpoint for a custom provider', async () => {
    const { add, fields } = createKeyWorld();
    await expect(add('custom', 'whatever-key')).rejects.toMatchObject({
      code: 'validation_failed',
      status: 422,
      extras: { errors: [{ path: 'endpoint' }] },
    });
    expect(fields('custom')).toEqual({});
  });

  it('stores nothing where the endpoint is refused, and says why', async () => {
    const { add, fields } = createKeyWorld();
    await expect(add('openai', KEY, { endpoint: 'http://llm.example.com' })).rejects.toMatchObject({
      code: 'endpoint_refused',
      detail: 'The endpoint must begin with https://.',
      extras: { errors: [{ path: 'endpoint', message: 'The endpoint must begin with https://.' }] },
    });
    expect(fields('openai')).toEqual({});
  });

  it('names no key in any error', async () => {
    const { add, directory } = createKeyWorld();
    directory.onStep = (step) => {
      if (step === 'write') throw new ByokError('directory_unavailable');
    };
    const errors = [
      await add('custom', KEY).catch((error: unknown) => error),
      await add('openai', KEY, { endpoint: 'http://x' }).catch((error: unknown) => error),
      await add('openai', KEY).catch((error: unknown) => error),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(ByokError);
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('1234567890');
    }
  });
});

describe('a word about prefixes', () => {
  it.each([
    ['openai', 'sk-0123456789', []],
    ['anthropic', 'sk-ant-0123456789', []],
    ['cohere', '0123456789abcdef', []],
    ['custom', 'sk-0123456789', []],
    ['custom', 'anything-at-all', []],
    ['openai', 'sk-ant-0123456789', ['This looks like a key for Anthropic, not for OpenAI.']],
    ['anthropic', 'sk-0123456789', ['This looks like a key for OpenAI, not for Anthropic.']],
    ['cohere', 'gsk_0123456789', ['This looks like a key for Groq, not for Cohere.']],
    ['groq', '0123456789abc', ['Keys for Groq usually begin with gsk_; this one does not.']],
    ['huggingface', 'HF_0123456789', ['Keys for HuggingFace usually begin with hf_; this one does not.']],
  ])('for %s and %s: %j', (id, key, warnings) => {
    expect(prefixWarnings(providerRow(id), key)).toEqual(warnings);
  });

  it('comes with the answer, and the key is stored all the same', async () => {
    const { add, fields } = createKeyWorld();
    expect((await add('openai', 'sk-ant-0123456789abcdef')).warnings).toHaveLength(1);
    expect(fields('openai').key).toHaveLength(1);
  });
});

describe('the tier', () => {
  it('of whom the section holds decides, not what is remembered', async () => {
    const { add, keys, fields, directory, userId } = createKeyWorld();
    await keys.user(userId);
    directory.change(userId, { attributes: { subscription_tier: ['free'] } });
    await expect(add('openai', KEY)).rejects.toMatchObject({
      code: 'tier_required',
      status: 403,
      extras: { required_tier: 'starter', current_tier: 'free' },
    });
    expect(fields('openai')).toEqual({});
    expect(directory.openSections()).toBe(0);
  });
});

describe('removing a key', () => {
  it('leaves no trace of it and touches nothing else', async () => {
    const { add, keys, userId, fields, directory, by } = createKeyWorld();
    await add('groq', 'gsk_0123456789abcdef');
    const before = directory.attributes(userId);
    await add('openai', KEY, { label: 'Mine', endpoint: 'https://llm.example.com' });
    await keys.testStored(by, userId, providerRow('openai'));
    expect(await keys.remove(by, userId, providerRow('openai'))).toBe(true);
    expect(fields('openai')).toEqual({});
    expect(directory.attributes(userId)).toEqual(before);
    expect((await keys.user(userId)).keys.map(({ provider }) => provider)).toEqual(['groq']);
  });

  it('that is not there says so and writes nothing, so a retry is safe', async () => {
    const { keys, userId, directory, by } = createKeyWorld();
    expect(await keys.remove(by, userId, providerRow('openai'))).toBe(false);
    expect(directory.steps).toEqual(['openSection']);
    expect(directory.openSections()).toBe(0);
  });

  it('that somebody else removed forgets what memory holds of it', async () => {
    const { add, keys, userId, directory, by } = createKeyWorld();
    await add('openai', KEY);
    directory.change(userId, { attributes: {} });
    expect((await keys.user(userId)).keys).toHaveLength(1);
    expect(await keys.remove(by, userId, providerRow('openai'))).toBe(false);
    expect((await keys.user(userId)).keys).toEqual([]);
  });

  it('also removes what is left of one, and one that cannot be read', async () => {
    const { keys, userId, fields, tamper, by } = createKeyWorld();
    tamper({ byok_openai_label: ['Left over'], byok_groq_key: ['one', 'two'] });
    expect(await keys.remove(by, userId, providerRow('openai'))).toBe(true);
    expect(await keys.remove(by, userId, providerRow('groq'))).toBe(true);
    expect([fields('openai'), fields('groq')]).toEqual([{}, {}]);
  });
});

describe('revoking somebody’s key', () => {
  it('removes it as the owner would, and says when there was none', async () => {
    const { add, keys, userId, fields, directory, by } = createKeyWorld();
    await add('openai', KEY, { label: 'Mine' });
    expect(await keys.revoke(by, userId, providerRow('openai'))).toBe(true);
    expect(fields('openai')).toEqual({});
    expect((await keys.user(userId)).keys).toEqual([]);
    expect(await keys.revoke(by, userId, providerRow('openai'))).toBe(false);
    expect(directory.openSections()).toBe(0);
  });

  it('works for a disabled person, who may not do it any more', async () => {
    const { add, keys, userId, fields, directory, by } = createKeyWorld();
    await add('openai', KEY);
    directory.change(userId, { enabled: false });
    await expect(keys.remove(by, userId, providerRow('openai'))).rejects.toMatchObject({ code: 'account_disabled' });
    expect(await keys.revoke(by, userId, providerRow('openai'))).toBe(true);
    expect(fields('openai')).toEqual({});
  });

  it('of nobody is an error of its own, and what memory holds of them is forgotten', async () => {
    const { add, keys, userId, directory, by } = createKeyWorld();
    await add('openai', KEY);
    directory.remove(userId);
    await expect(keys.revoke(by, userId, providerRow('openai'))).rejects.toMatchObject({ code: 'user_not_found' });
    await expect(keys.user(userId)).rejects.toMatchObject({ code: 'not_authenticated' });
    expect(directory.openSections()).toBe(0);
  });

  it('gives the right to write back where the directory fails, and waits until the service is ready', async () => {
    const { add, keys, userId, directory, gate, by } = createKeyWorld();
    await add('openai', KEY);
    directory.onStep = (step) => {
      if (step === 'write') throw new ByokError('directory_unavailable');
    };
    await expect(keys.revoke(by, userId, providerRow('openai'))).rejects.toMatchObject({
      code: 'directory_unavailable',
    });
    expect(directory.openSections()).toBe(0);
    gate.assertWritable = () => {
      throw new ByokError('not_ready');
    };
    const before = directory.steps.length;
    await expect(keys.revoke(by, userId, providerRow('openai'))).rejects.toMatchObject({ code: 'not_ready' });
    expect(directory.steps.length).toBe(before);
  });
});
