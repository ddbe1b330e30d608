import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createFernet, InvalidToken } from '../../src/crypto/fernet.ts';

interface Vector {
  readonly desc?: string;
  readonly token: string;
  readonly now: string;
  readonly iv?: readonly number[];
  readonly ttl_sec?: number;
  readonly src?: string;
  readonly secret: string;
}

const vectors = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/fernet/${name}.json`, import.meta.url), 'utf8'));
const seconds = (date: string): number => Date.parse(date) / 1000;
const keyBytes = (text: string): Buffer => Buffer.from(text, 'base64url');
const withPadding = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

/** A token made by hand, for contents that `encrypt` never writes. */
function tokenOf(key: Buffer, plaintext: Buffer, { version = 0x80, pad = true, more = '' } = {}): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv).setAutoPadding(pad);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)));
  const encrypted = [cipher.update(plaintext), cipher.final(), Buffer.from(more)];
  const signed = Buffer.concat([Buffer.from([version]), time, iv, ...encrypted]);
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
  return withPadding(Buffer.concat([signed, mac]).toString('base64url'));
}

/** What a caller can learn from a refusal. */
function refusal(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    return { name: error.name, message: error.message, cause: error.cause, fields: Object.keys(error) };
  }
  return 'accepted';
}
const REFUSED = { name: 'InvalidToken', message: 'invalid token', cause: undefined, fields: ['name'] };

describe('the vectors of the Fernet specification', () => {
  it.each(vectors('generate'))('generates $token', ({ secret, src = '', now, iv = [], token }) => {
    const fernet = createFernet([keyBytes(secret)]);
    expect(fernet.encrypt(src, { at: seconds(now), iv: Buffer.from(iv) })).toBe(token);
  });

  it.each(vectors('verify'))('verifies $token', ({ secret, src, now, ttl_sec = 0, token }) => {
    expect(createFernet([keyBytes(secret)]).decrypt(token, { ttl: ttl_sec, at: seconds(now) })).toBe(src);
  });

  it.each(vectors('invalid'))('refuses: $desc', ({ secret, now, ttl_sec = 0, token }) => {
    const fernet = createFernet([keyBytes(secret)]);
    expect(refusal(() => fernet.decrypt(token, { ttl: ttl_sec, at: seconds(now) }))).toEqual(REFUSED);
  });
});

describe('a token', () => {
  const key = randomBytes(32);
  const fernet = createFernet([key]);

  it('gives back every text that went into it', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.string({ unit: 'binary-ascii', maxLength: 5000 }),
      fc.constantFrom('', '\u{feff}sk-0123456789', '\0', 'k'.repeat(4096), '🔑'.repeat(1000)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(fernet.decrypt(fernet.encrypt(text))).toBe(text);
      }),
    );
  });

  it('carries the time and is dated by it only where a time to live is asked for', () => {
    const token = fernet.encrypt('hello', { at: 1_000_000 });
    expect(Buffer.from(token, 'base64url').readBigUInt64BE(1)).toBe(1_000_000n);
    const late = fernet.encrypt('hello', { at: 2 ** 33 + 7.9 });
    expect(Buffer.from(late, 'base64url').readBigUInt64BE(1)).toBe(8_589_934_599n);
    expect(fernet.decrypt(late)).toBe('hello');
    expect(fernet.decrypt(token)).toBe('hello');
    expect(fernet.decrypt(token, { ttl: 60, at: 1_000_060 })).toBe('hello');
    expect(refusal(() => fernet.decrypt(token, { ttl: 60, at: 1_000_061 }))).toEqual(REFUSED);
    expect(fernet.decrypt(token, { ttl: 60, at: 999_940 })).toBe('hello');
    expect(refusal(() => fernet.decrypt(token, { ttl: 60, at: 999_939 }))).toEqual(REFUSED);
  });

  it('is dated by the clock where no time is given', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000 });
    const token = fernet.encrypt('hello');
    expect(Buffer.from(token, 'base64url').readBigUInt64BE(1)).toBe(1_000_000n);
    vi.advanceTimersByTime(60_000);
    expect(fernet.decrypt(token, { ttl: 60 })).toBe('hello');
    vi.advanceTimersByTime(1_000);
    expect(refusal(() => fernet.decrypt(token, { ttl: 60 }))).toEqual(REFUSED);
    vi.useRealTimers();
  });

  it('is refused with one identical error after any change of a single bit', () => {
    const bytes = Buffer.from(fernet.encrypt('sk-0123456789abcdef'), 'base64url');
    const outcomes = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return refusal(() => fernet.decrypt(withPadding(changed.toString('base64url'))));
    });
    expect(outcomes).toHaveLength(bytes.length * 8);
    for (const outcome of outcomes) expect(outcome).toEqual(REFUSED);
  });

  it.each(['', 'k', 'kk', 'sk-0123456789abcdef'])('is refused after any change of a single character (%j)', (text) => {
    const token = fernet.encrypt(text);
    const all = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=%. \n\0é🔑'];
    const some = [...'AMZamz09-_+/=. \né'];
    let tried = 0;
    for (let at = 0; at < token.length; at += 1) {
      // Only the last characters carry bits that mean nothing.
      const others = at < token.length - 4 ? some : all;
      const changes = [...others, ''].map((other) => token.slice(0, at) + other + token.slice(at + 1));
      const insertions = others.map((other) => token.slice(0, at) + other + token.slice(at));
      for (const changed of [...changes, ...insertions]) {
        if (changed === token) continue;
        tried += 1;
        if (refusal(() => fernet.decrypt(changed)) === 'accepted') expect.fail(`accepted ${changed} for ${token}`);
      }
    }
    expect(tried).toBeGreaterThan(token.length * 30);
  });

  it('is accepted in its one canonical spelling only', () => {
    // 73, 89 and 105 bytes: four, two and no unused bits in the last character.
    for (const text of ['', 'k'.repeat(16), 'k'.repeat(32)]) {
      const token = fernet.encrypt(text);
      const bare = token.replace(/=+$/, '');
      const spellings = [
        bare,
        `${bare}=`,
        `${bare}==`,
        `${bare}===`,
        ` ${token}`,
        `${token} `,
        `${token}\n`,
        `${token}A`,
        `${token}====`,
        token.replaceAll('-', '+').replaceAll('_', '/'),
        token.match(/.{1,64}/g)?.join('\n') ?? '',
      ];
      for (const spelling of spellings.filter((other) => other !== token))
        expect(
          refusal(() => fernet.decrypt(spelling)),
          JSON.stringify(spelling),
        ).toEqual(REFUSED);
    }
  });

  it('is refused when bits that carry nothing are set, whatever its last character is', () => {
    const seen = new Set<string>();
    for (let count = 0; count < 500; count += 1) {
      const bare = fernet.encrypt('k'.repeat(count % 32)).replace(/=+$/, '');
      seen.add(bare.slice(-1));
      for (const other of sameBytes(bare))
        expect(
          refusal(() => fernet.decrypt(withPadding(other))),
          other,
        ).toEqual(REFUSED);
    }
    expect(seen.size, 'last characters').toBe(16);
  });

  it('is refused when it holds bytes that are no UTF-8, instead of being read as another text', () => {
    for (const bytes of ['ff', '6b65790a80', 'c3', 'eda080'])
      expect(
        refusal(() => fernet.decrypt(tokenOf(key, Buffer.from(bytes, 'hex')))),
        bytes,
      ).toEqual(REFUSED);
    expect(fernet.decrypt(tokenOf(key, Buffer.from('schlüssel')))).toBe('schlüssel');
  });

  it.each<[string, string]>([
    ['another version', tokenOf(key, Buffer.from('hello'), { version: 0x81 })],
    ['part of a block', tokenOf(key, Buffer.from('hello'), { more: 'x' })],
    ['no block', tokenOf(key, Buffer.alloc(0), { pad: false })],
    ['a padding of nothing', tokenOf(key, Buffer.alloc(16, 0), { pad: false })],
    ['a padding of more than a block', tokenOf(key, Buffer.alloc(32, 17), { pad: false })],
    [
      'a padding of which the first byte is another',
      tokenOf(key, Buffer.from(`${'x'.repeat(13)}\x01\x03\x03`), { pad: false }),
    ],
    [
      'a padding of which the middle is another',
      tokenOf(key, Buffer.from(`${'x'.repeat(13)}\x03\x01\x03`), { pad: false }),
    ],
  ])('is refused, though the key signed it, with %s', (_what, token) => {
    expect(refusal(() => fernet.decrypt(token))).toEqual(REFUSED);
  });

  it('is refused when it is shorter than any, at each length', () => {
    for (let length = 1; length < 73; length += 1) {
      const bytes = Buffer.alloc(length);
      bytes[0] = 0x80;
      expect(
        refusal(() => fernet.decrypt(withPadding(bytes.toString('base64url')))),
        `${length}`,
      ).toEqual(REFUSED);
    }
  });

  it('is refused when it is anything else', () => {
    for (const other of ['', '=', '==', '====', 'gAAAAA', '\0', 'x'.repeat(1_000_000), '🔑'.repeat(100)])
      expect(
        refusal(() => fernet.decrypt(other)),
        other.slice(0, 20),
      ).toEqual(REFUSED);
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (other) => {
        expect(refusal(() => fernet.decrypt(other))).toEqual(REFUSED);
      }),
    );
  });
});

/** Other spellings in base64 of the same bytes: those that differ in the unused bits of the last character. */
function sameBytes(bare: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = Buffer.from(bare, 'base64url');
  const others = [...alphabet].map((last) => bare.slice(0, -1) + last);
  return others.filter((other) => other !== bare && Buffer.from(other, 'base64url').equals(bytes));
}

// Random bytes are drawn for 256 at a time: enough for many draws.
it('never uses an initialisation vector twice in 4,000 encryptions', () => {
  const fernet = createFernet([randomBytes(32)]);
  const seen = new Set<string>();
  for (let count = 0; count < 4_000; count += 1)
    seen.add(Buffer.from(fernet.encrypt(''), 'base64url').toString('latin1', 9, 25));
  expect(seen.size).toBe(4_000);
});
