import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealedText } from '../../src/crypto/sealed-text.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const TEXT = 'nonce, verifier, /wohin?ä=ö';

describe('sealed text', () => {
  const sealed = createSealedText([OLD], 'test');

  it('opens for its context and shows nothing of the text', () => {
    const token = sealed.seal(TEXT, 'state');
    expect(sealed.open(token, 'state')).toBe(TEXT);
    expect(sealed.open(sealed.seal('', 'state'), 'state')).toBe('');
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('verifier');
    expect(sealed.seal(TEXT, 'state')).not.toBe(token);
  });

  it('does not open for another context, purpose or key', () => {
    const token = sealed.seal(TEXT, 'state');
    expect(sealed.open(token, 'other')).toBeUndefined();
    expect(createSealedText([OLD], 'other').open(token, 'state')).toBeUndefined();
    expect(createSealedText([NEW], 'test').open(token, 'state')).toBeUndefined();
    expect(createSealedText([randomBytes(32)], 'test').open(token, 'state')).toBeUndefined();
  });

  it('opens under every key of the list, and seals under the first', () => {
    const token = sealed.seal(TEXT, 'state');
    const both = createSealedText([NEW, OLD], 'test');
    expect(both.open(token, 'state')).toBe(TEXT);
    expect(createSealedText([NEW], 'test').open(both.seal(TEXT, 'state'), 'state')).toBe(TEXT);
    expect(sealed.open(both.seal(TEXT, 'state'), 'state')).toBeUndefined();
  });

  it('opens nothing that was changed: every bit counts', () => {
    const token = sealed.seal(TEXT, 'state');
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(sealed.open(changed.toString('base64url'), 'state'), `bit ${bit}`).toBeUndefined();
    }
  });

  it.each(['', 'x', '='.repeat(40), '!', 'A'.repeat(37), 'A'.repeat(38), 'A'.repeat(5000)])(
    'opens nothing for %j',
    (text) => {
      expect(sealed.open(text, 'state')).toBeUndefined();
    },
  );

  it('has one spelling', () => {
    const token = sealed.seal(TEXT, 'state');
    for (const spelling of [`${token}=`, `${token}!`, ` ${token}`, `${token}.`])
      expect(sealed.open(spelling, 'state'), spelling).toBeUndefined();
  });

  // Made with Python's cryptography: HKDF-SHA256, AES-256-GCM, nonce of twelve 3s; nonce, tag, ciphertext.
  it('has a form that does not change, so that replicas of two versions read each other', () => {
    const vector = 'AwMDAwMDAwMDAwMDoOoLKbGPK9eNxFspp-dzcMOJIMRysbYZVm05PASHSByhKLUcmcdUtHCger-A';
    expect(sealed.open(vector, 'state')).toBe(TEXT);
  });
});
