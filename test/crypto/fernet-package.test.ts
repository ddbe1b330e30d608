// Both directions against the npm package `fernet`. It changes String.prototype, so it is loaded in this file only.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import oracle from 'fernet';
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';

describe('beside the npm package fernet', () => {
  const key = randomBytes(32);
  const ours = createFernet([randomBytes(32), key]);
  const oursFirst = createFernet([key]);
  const secret = new oracle.Secret(`${key.toString('base64url')}=`);
  // No empty text: the package takes it for a failure.
  const texts = fc.oneof(
    fc.stringMatching(/^[\x21-\x7e]{1,500}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.constantFrom('k'.repeat(4096), 'schlüssel 🔑'),
  );

  it('it reads what we write', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const token = new oracle.Token({ secret, token: oursFirst.encrypt(text), ttl: 0 });
        expect(token.decode()).toBe(text);
      }),
    );
  });

  it('we read what it writes', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(ours.decrypt(new oracle.Token({ secret }).encode(text))).toBe(text);
      }),
    );
  });

  it('neither reads a token of another key', () => {
    const foreign = new oracle.Secret(`${randomBytes(32).toString('base64url')}=`);
    expect(() => ours.decrypt(new oracle.Token({ secret: foreign }).encode('hello'))).toThrow('invalid token');
    const token = new oracle.Token({ secret: foreign, token: ours.encrypt('hello'), ttl: 0 });
    expect(() => token.decode()).toThrow();
  });
});
