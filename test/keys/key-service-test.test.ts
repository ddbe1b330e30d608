// Testing keys: what is handed to the probe, and whose result is stored.
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import type { ProbeResult } from '../../src/providers/provider-probe.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createKeyWorld, providerRow, VALID } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const OTHER_KEY = 'sk-abcdefghijklmnopqrst';
const ENDPOINT = 'https://llm.example.com/v1';
const openai = providerRow('openai');

describe('testing the stored key', () => {
  it('hands the key and its endpoint to the probe, and stores the result', async () => {
    const { add, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY, { endpoint: ENDPOINT });
    const before = fields('openai');
    expect(await keys.testStored(by, userId, openai)).toEqual(VALID);
    expect(probe.requests).toEqual([{ provider: openai, key: KEY, endpoint: ENDPOINT }]);
    expect(fields('openai')).toEqual({
      ...before,
      last_tested: ['2026-11-22T10:00:00.000Z'],
      test_status: ['valid'],
      test_reason: ['ok'],
    });
    expect((await keys.user(userId)).keys).toMatchObject([{ testStatus: 'valid', testReason: 'ok', state: 'usable' }]);
  });

  it('stores the next result in place of the last', async () => {
    const { add, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY);
    await keys.testStored(by, userId, openai);
    probe.answer = () => ({ status: 'invalid', message: 'no', reason: 'bad_key', statusCode: 401 });
    await keys.testStored(by, userId, openai);
    expect(fields('openai')).toMatchObject({ test_status: ['invalid'], test_reason: ['bad_key'] });
  });

  it('keeps what the last test said of the key beside one that could not say', async () => {
    const { add, keys, userId, probe, fields, clock, by } = createKeyWorld();
    await add('openai', KEY);
    await keys.testStored(by, userId, openai);
    const first = clock.now.toISOString();
    const earlier = { status: 'valid', reason: 'ok', at: first };
    const nothing: [ProbeResult['status'], string][] = [
      ['unknown', 'unexpected_answer'],
      ['error', 'timeout'],
      ['unknown', 'cannot_verify'],
    ];
    for (const [status, reason] of nothing) {
      clock.now = new Date(clock.now.getTime() + 60_000);
      probe.answer = () => ({ status, message: 'no', reason, statusCode: 429 });
      expect(await keys.testStored(by, userId, openai)).toMatchObject({ status, reason, earlier });
      expect(fields('openai')).toMatchObject({
        last_tested: [clock.now.toISOString()],
        test_status: [status],
        test_reason: [`${reason}; before: valid ok ${first}`],
      });
      expect((await keys.user(userId)).keys).toMatchObject([
        { testStatus: status, testReason: reason, earlierTest: earlier },
      ]);
    }
    probe.answer = () => ({ status: 'invalid', message: 'no', reason: 'bad_key', statusCode: 401 });
    expect((await keys.testStored(by, userId, openai)).earlier).toBeUndefined();
    expect(fields('openai')).toMatchObject({ test_status: ['invalid'], test_reason: ['bad_key'] });
  });

  it('has nothing to keep of the key before', async () => {
    const { add, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY);
    await keys.testStored(by, userId, openai);
    await add('openai', OTHER_KEY);
    probe.answer = () => ({ status: 'unknown', message: 'no', reason: 'cannot_verify', statusCode: 429 });
    expect((await keys.testStored(by, userId, openai)).earlier).toBeUndefined();
    expect(fields('openai')).toMatchObject({ test_reason: ['cannot_verify'] });
  });

  it('is not found where there is none, and asks nobody', async () => {
    const { keys, userId, probe, by } = createKeyWorld();
    await expect(keys.testStored(by, userId, openai)).rejects.toMatchObject({ code: 'key_not_found' });
    expect(probe.requests).toEqual([]);
  });

  it.each([
    ['moved here from another user', 'unbound', { byok_openai_binding: ['of another user'] }],
    ['pointed to another endpoint', 'unbound', { byok_openai_endpoint: ['https://evil.example.com'] }],
    ['stripped of its binding', 'unbound', { byok_openai_binding: [] }],
    ['broken', 'undecryptable', { byok_openai_key: ['broken'] }],
    ['there twice', 'undecryptable', { byok_openai_key: ['one', 'two'] }],
  ])('hands nothing to the probe when it was %s, and stores nothing', async (_, reason, attributes) => {
    const { add, keys, userId, probe, tamper, directory, cache, by } = createKeyWorld();
    await add('openai', KEY);
    tamper(attributes);
    cache.invalidate(userId);
    const before = directory.attributes(userId);
    const result = await keys.testStored(by, userId, openai);
    expect(result).toMatchObject({ status: 'error', reason, statusCode: undefined });
    expect(result.message).toMatch(/Add it again to replace it\.$/);
    expect(probe.requests).toEqual([]);
    expect(directory.attributes(userId)).toEqual(before);
  });

  it('hands nothing to the probe that no request can carry', async () => {
    const { keys, userId, probe, tamper, masterKey, by } = createKeyWorld({ requireBinding: false });
    tamper({ byok_openai_key: [createFernet([masterKey]).encrypt(`${KEY}\r\nx-evil: 1`)] });
    expect(await keys.testStored(by, userId, openai)).toMatchObject({ status: 'error', reason: 'undecryptable' });
    expect(probe.requests).toEqual([]);
  });

  it('stores no result for a key that was replaced meanwhile', async () => {
    const { add, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY);
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    probe.answer = () => promise;
    const testing = keys.testStored(by, userId, openai);
    await expect.poll(() => probe.requests.length).toBe(1);
    await add('openai', OTHER_KEY);
    const replaced = fields('openai');
    resolve(VALID);
    expect(await testing).toEqual(VALID);
    expect(fields('openai')).toEqual(replaced);
  });

  it('stores no result where the endpoint was changed behind its back', async () => {
    const { keys, add, userId, probe, tamper, fields, by } = createKeyWorld();
    await add('openai', KEY);
    probe.answer = () => {
      tamper({ byok_openai_endpoint: [ENDPOINT] });
      return VALID;
    };
    await keys.testStored(by, userId, openai);
    expect(fields('openai').test_status).toBeUndefined();
  });

  it('brings no removed key back', async () => {
    const { add, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY);
    probe.answer = async () => {
      await keys.remove(by, userId, openai);
      return VALID;
    };
    expect(await keys.testStored(by, userId, openai)).toEqual(VALID);
    expect(fields('openai')).toEqual({});
    expect((await keys.user(userId)).keys).toEqual([]);
  });

  it('forgets what memory holds when the key turns out to be another', async () => {
    const { add, keys, userId, tamper, vault, by } = createKeyWorld();
    await add('openai', KEY);
    // Another replica replaces the key; this one still remembers the old one.
    const { token, binding } = vault.seal(
      keyPlace({ kind: 'user', id: userId }, { provider: 'openai', endpoint: undefined }),
      OTHER_KEY,
    );
    tamper({ byok_openai_key: [token], byok_openai_binding: [binding] });
    await keys.testStored(by, userId, openai);
    expect((await keys.user(userId)).keys).toMatchObject([{ preview: 'sk-abcd...qrst' }]);
  });

  it('keeps a label that was changed meanwhile', async () => {
    const { add, change, keys, userId, probe, fields, by } = createKeyWorld();
    await add('openai', KEY);
    probe.answer = async () => {
      await change('openai', { label: 'Renamed', enabled: false });
      return VALID;
    };
    await keys.testStored(by, userId, openai);
    expect(fields('openai')).toMatchObject({ label: ['Renamed'], enabled: ['false'], test_status: ['valid'] });
  });

  it('holds no section while the provider is asked', async () => {
    const { add, keys, userId, probe, directory, by } = createKeyWorld();
    await add('openai', KEY);
    probe.answer = () => {
      expect(directory.openSections()).toBe(0);
      return VALID;
    };
    await keys.testStored(by, userId, openai);
    expect(directory.openSections()).toBe(0);
  });

  it('fails, holding nothing, where the probe or the write does', async () => {
    const { add, keys, userId, probe, directory, by } = createKeyWorld();
    await add('openai', KEY);
    probe.answer = () => Promise.reject(new Error('a probe never throws'));
    await expect(keys.testStored(by, userId, openai)).rejects.toThrow('a probe never throws');
    probe.answer = () => VALID;
    directory.onStep = (step) => {
      if (step === 'write') throw new ByokError('directory_unavailable');
    };
    await expect(keys.testStored(by, userId, openai)).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(directory.openSections()).toBe(0);
  });
});

describe('testing a key that is not stored', () => {
  it('hands it to the probe and touches nothing', async () => {
    const { keys, probe, directory, userId, by } = createKeyWorld();
    const before = directory.attributes(userId);
    expect(await keys.testCandidate(by, userId, openai, { key: KEY, endpoint: `${ENDPOINT}/` })).toEqual(VALID);
    expect(probe.requests).toEqual([{ provider: openai, key: KEY, endpoint: ENDPOINT }]);
    expect(directory.steps, 'whether the user still counts').toEqual(['findById']);
    expect(directory.attributes(userId)).toEqual(before);
  });

  it('hands nothing to the probe where the endpoint is missing or refused', async () => {
    const { keys, probe, by, userId } = createKeyWorld();
    const custom = providerRow('custom');
    const tries = [
      async () => keys.testCandidate(by, userId, custom, { key: KEY }),
      async () => keys.testCandidate(by, userId, custom, { key: KEY, endpoint: 'http://10.0.0.1' }),
      async () => keys.testCandidate(by, userId, openai, { key: KEY, endpoint: '' }),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toMatchObject({ status: 422 });
    expect(probe.requests).toEqual([]);
  });
});
