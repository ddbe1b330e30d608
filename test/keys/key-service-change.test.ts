// PATCH: what may be changed of a stored key, and what never follows an endpoint.
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyWorld, providerRow } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const OTHER_KEY = 'sk-abcdefghijklmnopqrst';
const ENDPOINT = 'https://llm.example.com/v1';

describe('changing a stored key', () => {
  it('is not found where there is none', async () => {
    const { change, directory } = createKeyWorld();
    await expect(change('openai', { label: 'Mine' })).rejects.toMatchObject({ code: 'key_not_found' });
    expect(directory.steps).toEqual(['openSection']);
    expect(directory.openSections()).toBe(0);
  });

  it('renames it and changes nothing else', async () => {
    const { add, change, fields } = createKeyWorld();
    await add('openai', KEY, { endpoint: ENDPOINT });
    const before = fields('openai');
    const key = await change('openai', { label: 'Renamed' });
    expect(key).toMatchObject({ label: 'Renamed', state: 'usable' });
    expect(fields('openai')).toEqual({ ...before, label: ['Renamed'] });
  });

  it('turns it off and on again', async () => {
    const { add, change, fields, keys, userId } = createKeyWorld();
    await add('openai', KEY);
    const before = fields('openai');
    expect(await change('openai', { enabled: false })).toMatchObject({ enabled: false });
    expect(fields('openai')).toEqual({ ...before, enabled: ['false'] });
    expect((await keys.user(userId)).keys).toMatchObject([{ enabled: false }]);
    await change('openai', { enabled: true });
    expect(fields('openai')).toEqual(before);
  });

  it('does not rewrite what the old service wrote: its dates stay in the old form', async () => {
    const { change, fields, tamper, masterKey } = createKeyWorld();
    const old = {
      byok_openai_key: [createFernet([masterKey]).encrypt(KEY)],
      byok_openai_added_date: ['2025-10-10T22:00:00.000000'],
    };
    tamper(old);
    await change('openai', { label: 'Renamed' });
    expect(fields('openai')).toEqual({
      key: old.byok_openai_key,
      added_date: old.byok_openai_added_date,
      label: ['Renamed'],
    });
  });

  it('goes back to the default label with an empty one', async () => {
    const { add, change } = createKeyWorld();
    await add('openai', KEY, { label: 'Mine' });
    expect(await change('openai', { label: '' })).toMatchObject({ label: 'OpenAI Key' });
  });

  it('with a new key keeps label, endpoint and being off, and forgets the result of the last test', async () => {
    const { add, change, keys, userId, fields, clock, vault, by } = createKeyWorld();
    await add('openai', KEY, { label: 'Mine', endpoint: ENDPOINT });
    await keys.testStored(by, userId, providerRow('openai'));
    await change('openai', { enabled: false });
    clock.now = new Date('2026-12-01T00:00:00.000Z');
    await change('openai', { key: OTHER_KEY });
    const { key, binding, ...rest } = fields('openai');
    expect(rest).toEqual({
      label: ['Mine'],
      endpoint: [ENDPOINT],
      added_date: ['2026-12-01T00:00:00.000Z'],
      enabled: ['false'],
      version: ['2'],
    });
    const sealed = { token: key?.[0] ?? '', binding: binding?.[0] };
    expect(
      vault.open(keyPlace({ kind: 'user', id: userId }, { provider: 'openai', endpoint: ENDPOINT }), sealed),
    ).toEqual({
      state: 'usable',
      key: OTHER_KEY,
    });
  });

  it('with a new key and endpoint seals the one to the other', async () => {
    const { add, change } = createKeyWorld();
    await add('openai', KEY, { endpoint: ENDPOINT });
    const key = await change('openai', { key: OTHER_KEY, endpoint: 'https://other.example.com/' });
    expect(key).toMatchObject({ state: 'usable', endpoint: 'https://other.example.com', preview: 'sk-abcd...qrst' });
  });
});

describe('the endpoint of a stored key', () => {
  it('does not change without the key, and the stored key stays where it was', async () => {
    const { add, change, fields, directory } = createKeyWorld();
    await add('openai', KEY, { endpoint: ENDPOINT });
    const before = fields('openai');
    for (const endpoint of ['https://evil.example.com', ENDPOINT])
      await expect(change('openai', { endpoint, label: 'x' })).rejects.toMatchObject({
        code: 'validation_failed',
        extras: { errors: [{ path: 'endpoint' }] },
      });
    expect(fields('openai')).toEqual(before);
    expect(directory.openSections()).toBe(0);
  });

  it('is taken away by null, together with a new key only', async () => {
    const { add, change } = createKeyWorld();
    await add('openai', KEY, { endpoint: ENDPOINT });
    await expect(change('openai', { endpoint: null, label: 'x' })).rejects.toMatchObject({ code: 'validation_failed' });
    const key = await change('openai', { key: OTHER_KEY, endpoint: null });
    expect(key).toMatchObject({ state: 'usable', endpoint: undefined });
  });

  it('is checked again when it is kept for a new key', async () => {
    const { change, tamper, vault, userId } = createKeyWorld();
    const { token, binding } = vault.seal(
      keyPlace({ kind: 'user', id: userId }, { provider: 'openai', endpoint: 'http://now.forbidden' }),
      KEY,
    );
    tamper({
      byok_openai_key: [token],
      byok_openai_binding: [binding],
      byok_openai_endpoint: ['http://now.forbidden'],
    });
    await expect(change('openai', { key: OTHER_KEY })).rejects.toMatchObject({ code: 'endpoint_refused' });
  });

  // Whoever can write attributes could point the next key to a host of their own.
  it.each([
    ['somebody has set it', { byok_openai_endpoint: ['https://evil.example.com'] }],
    [
      'somebody has set it and stripped the binding',
      { byok_openai_endpoint: ['https://evil.example.com'], byok_openai_binding: [] },
    ],
    ['it has several values', { byok_openai_endpoint: ['https://evil.example.com', ENDPOINT] }],
    ['the token cannot be decrypted', { byok_openai_endpoint: ['https://evil.example.com'], byok_openai_key: ['x'] }],
  ])('never receives a new key unasked when %s', async (_, attributes) => {
    const { add, change, tamper, directory, userId } = createKeyWorld();
    await add('openai', KEY);
    tamper(attributes);
    const before = directory.attributes(userId);
    await expect(change('openai', { key: OTHER_KEY })).rejects.toMatchObject({
      code: 'validation_failed',
      extras: { errors: [{ path: 'endpoint' }] },
    });
    expect(directory.attributes(userId)).toEqual(before);
    const key = await change('openai', { key: OTHER_KEY, endpoint: ENDPOINT });
    expect(key).toMatchObject({ state: 'usable', endpoint: ENDPOINT });
  });

  it('is kept for a new key where bindings are not required yet and none is there', async () => {
    const { change, tamper, masterKey } = createKeyWorld({ requireBinding: false });
    tamper({ byok_openai_key: [createFernet([masterKey]).encrypt(KEY)], byok_openai_endpoint: [ENDPOINT] });
    const key = await change('openai', { key: OTHER_KEY });
    expect(key).toMatchObject({ state: 'usable', endpoint: ENDPOINT });
  });

  it('may be absent on a key that cannot be used: a new key mends it', async () => {
    const { add, change, tamper } = createKeyWorld();
    await add('openai', KEY);
    tamper({ byok_openai_binding: ['wrong'] });
    expect(await change('openai', { key: OTHER_KEY })).toMatchObject({ state: 'usable', endpoint: undefined });
  });
});
