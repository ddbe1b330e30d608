import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyCheckStore, keyCheckValue, parseMasterKeys, verifyKeyCheck } from '../../src/crypto/key-check.ts';

function memoryStore(stored?: string): KeyCheckStore & { stored: () => string | undefined } {
  let value = stored;
  return {
    stored: () => value,
    read: async () => value,
    writeIfAbsent: async (offered) => {
      value ??= offered;
      return value;
    },
  };
}

describe('the key check', () => {
  const [key, other, third] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;

  it('is the same for the same key, another for another, and shows nothing of the key', () => {
    expect(keyCheckValue(key)).toBe(keyCheckValue(Buffer.from(key)));
    expect(keyCheckValue(key)).not.toBe(keyCheckValue(other));
    expect(keyCheckValue(key)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(keyCheckValue(key), 'base64url').includes(key.subarray(0, 4))).toBe(false);
  });

  it('is HKDF-SHA256 of the key, so that values stored today are understood tomorrow', () => {
    // RFC 5869 by hand: extract with a salt of zeros, expand by one block.
    const fixed = Buffer.alloc(32, 7);
    const extracted = createHmac('sha256', Buffer.alloc(32)).update(fixed).digest();
    const expanded = createHmac('sha256', extracted)
      .update('byok key check v1')
      .update(Buffer.from([1]))
      .digest();
    expect(keyCheckValue(fixed)).toBe(expanded.toString('base64url'));
  });

  it('writes the first key into a database that has seen none, and passes with it from then on', async () => {
    const store = memoryStore();
    await verifyKeyCheck(store, [key, other]);
    expect(store.stored()).toBe(keyCheckValue(key));
    await verifyKeyCheck(store, [key]);
  });

  it('passes with a key that is not the first in the list, and leaves the value as it is', async () => {
    const store = memoryStore(keyCheckValue(other));
    await verifyKeyCheck(store, [key, other]);
    expect(store.stored()).toBe(keyCheckValue(other));
  });

  it('stops the start with the mend when no key fits, and writes nothing', async () => {
    const store = memoryStore(keyCheckValue(other));
    const refused = verifyKeyCheck(store, [key, third]);
    await expect(refused).rejects.toMatchObject({
      name: 'StartupProblem',
      // Alone it is refused too, once a change to another key has begun.
      message:
        'This database was used with another ENCRYPTION_KEY, and what is stored cannot be read without it. ' +
        'Put that key back into the list, beside the one that is there: ENCRYPTION_KEY=new,old. Nothing was written.',
    });
    expect(store.stored()).toBe(keyCheckValue(other));
  });

  it('names no key in its error', async () => {
    const error: unknown = await verifyKeyCheck(memoryStore(keyCheckValue(other)), [key]).catch((e: unknown) => e);
    for (const secret of [key, other]) expect(String(error)).not.toContain(secret.toString('base64url').slice(0, 8));
  });

  it('is checked against what another process wrote in the same moment', async () => {
    const value = keyCheckValue(other);
    const store: KeyCheckStore = { read: async () => undefined, writeIfAbsent: async () => value };
    await expect(verifyKeyCheck(store, [key])).rejects.toThrow('another ENCRYPTION_KEY');
    await expect(verifyKeyCheck(store, [other])).resolves.toBeUndefined();
  });

  it('needs a key', async () => {
    await expect(verifyKeyCheck(memoryStore(), [])).rejects.toThrow(new TypeError('verifyKeyCheck needs a key'));
  });

  it('writes nothing where it may not, and passes with any key where none was used', async () => {
    const store = memoryStore();
    await verifyKeyCheck(store, [key], { mayWrite: false });
    expect(store.stored()).toBeUndefined();
    await expect(verifyKeyCheck(memoryStore(keyCheckValue(other)), [key], { mayWrite: false })).rejects.toThrow(
      'another ENCRYPTION_KEY',
    );
  });
});

describe('ENCRYPTION_KEY', () => {
  it('is a list of keys, in its order', () => {
    const keys = [1, 2].map((byte) => Buffer.alloc(32, byte));
    expect(parseMasterKeys(keys.map((one) => one.toString('base64url')))).toEqual(keys);
  });

  it('stops the start where one of them is none, without a word of it', () => {
    const good = Buffer.alloc(32, 1).toString('base64url');
    expect(() => parseMasterKeys([good, 'correct horse'])).toThrow(
      expect.objectContaining({
        name: 'StartupProblem',
        message: expect.stringMatching(/^ENCRYPTION_KEY is not 32 bytes (?!.*horse).*\.$/),
      }),
    );
  });
});
