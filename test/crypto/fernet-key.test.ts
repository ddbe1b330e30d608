// Fernet keys as text: read in the spellings that Python's `cryptography` reads, and refused with a sentence that helps.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFernet, parseFernetKey } from '../../src/crypto/fernet.ts';

const BYTES = Buffer.alloc(32, 0xfb);
const key = `${BYTES.toString('base64url')}=`;
const standard = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/');
const PUBLISHED = ['Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao=', 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='];
/** The last of 43 characters carries four bits and two that mean nothing: four spellings of the same bytes. */
const lastSpellings = (text: string): string[] => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const place = alphabet.indexOf(text[42] ?? '') & ~3;
  return [0, 1, 2, 3].map((bits) => `${text.slice(0, 42)}${alphabet[place + bits]}=`);
};

const READ: readonly (readonly [string, string])[] = [
  ['as byok and Python make it', key],
  ['without its padding', key.replace('=', '')],
  ['of openssl rand -base64 32', standard(key)],
  ['of openssl, without its padding', standard(key).replace('=', '')],
  ['in both alphabets', `${standard(key.slice(0, 20))}${key.slice(20)}`],
  ['with too much padding', `${key}==`],
  ['with blanks around it', ` \t${key} `],
  ['with the line break of its file', `${key}\r\n`],
  ['with the byte order mark of its file', `\ufeff${key}`],
  ...lastSpellings(key).map((text) => ['with bits that mean nothing', text] as const),
];

describe('a key as text', () => {
  it.each(READ)('is read %s', (_, text) => {
    expect(parseFernetKey(text)).toEqual({ bytes: BYTES, problem: undefined });
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31, 1).toString('base64')],
    ['33 bytes', Buffer.alloc(33, 1).toString('base64')],
    ['64 hexadecimal digits', '0123456789abcdef'.repeat(4)],
    ['a line break within', `${key.slice(0, 20)}\n${key.slice(20)}`],
    ['padding in front', `=${key.replace('=', '')}`],
    ['padding within', `${key.slice(0, 20)}=${key.slice(20)}`],
    ['characters of no alphabet', `${key.slice(0, 42)}!=`],
    ['two keys', `${key};${key}`],
    ['a passphrase', 'correct horse battery staple and some more!!'],
  ])('is refused: %s', (_, text) => {
    const { bytes, problem } = parseFernetKey(text);
    expect(bytes).toBeUndefined();
    expect(problem).toContain('is not 32 bytes of base64');
    // Where data is stored, a new key could not read it.
    expect(problem).not.toContain('generate-key');
    if (text !== '') expect(problem).not.toContain(text.trim());
  });

  it.each([
    `"${key}"`,
    `'${key}'`,
    `\`${key}\``,
    `“${key}”`,
    `„${key}“`,
    `"${standard(key)}"\n`,
    `"${key}`,
    `${key}'`,
    `"${PUBLISHED[0]}"`,
  ])('is refused in quotes, which are named: %s', (text) => {
    const { bytes, problem } = parseFernetKey(text);
    expect(bytes).toBeUndefined();
    expect(problem).toBe('is in quotes: remove them');
  });

  it.each(PUBLISHED)('is refused when documents print it, in any spelling: %s', (published) => {
    const spellings = [published, standard(published), ` ${published}\n`, ...lastSpellings(published)];
    for (const text of [...spellings, ...spellings.map((one) => one.replace('=', ''))]) {
      const { bytes, problem } = parseFernetKey(text);
      expect(bytes).toBeUndefined();
      expect(problem).toContain('example');
      expect(problem).not.toContain(published.slice(0, 8));
      expect(problem).not.toContain('generate-key');
    }
  });

  it('is refused when it is nothing but zeros, in any spelling', () => {
    for (const text of lastSpellings(`${'A'.repeat(43)}=`))
      for (const spelling of [text, standard(text), ` ${text.replace('=', '')}\n`])
        expect(parseFernetKey(spelling)).toEqual({
          bytes: undefined,
          problem: 'is all zeros, which everyone can guess: see "A published key" in docs/migrating.md',
        });
  });
});

describe('several keys', () => {
  const [newest, middle, oldest, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)];
  const ring = createFernet([newest, middle, oldest]);

  it('encrypt with the first', () => {
    expect(createFernet([newest]).decrypt(ring.encrypt('hello'))).toBe('hello');
    expect(() => createFernet([middle, oldest]).decrypt(ring.encrypt('hello'))).toThrow('invalid token');
  });

  it('all decrypt, and no other does', () => {
    for (const key of [newest, middle, oldest])
      expect(ring.decrypt(createFernet([key]).encrypt('hello'))).toBe('hello');
    expect(() => ring.decrypt(createFernet([foreign]).encrypt('hello'))).toThrow('invalid token');
  });

  it('must be at least one, of 32 bytes each', () => {
    expect(() => createFernet([])).toThrow(new TypeError('createFernet needs a key'));
    for (const length of [0, 16, 31, 33, 64])
      expect(() => createFernet([Buffer.alloc(length)])).toThrow(new TypeError('a Fernet key has 32 bytes'));
  });
});
