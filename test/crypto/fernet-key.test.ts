// Fernet keys as text: read in one spelling, and refused with one message.
import { describe, expect, it } from 'vitest';
import { parseFernetKey } from '../../src/crypto/fernet.ts';

const withPadding = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

describe('a key as text', () => {
  const key = withPadding(Buffer.alloc(32, 0xfb).toString('base64url'));

  it('is read with its padding and without', () => {
    for (const text of [key, key.replace('=', '')]) expect(parseFernetKey(text).bytes).toEqual(Buffer.alloc(32, 0xfb));
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', withPadding(Buffer.alloc(31, 1).toString('base64url'))],
    ['33 bytes', Buffer.alloc(33, 1).toString('base64url')],
    ['64 hexadecimal digits', '0123456789abcdef'.repeat(4)],
    ['the standard alphabet', key.replaceAll('-', '+').replaceAll('_', '/')],
    ['a space in front', ` ${key}`],
    ['a space behind', `${key} `],
    ['a line break behind', `${key}\n`],
    ['a line break within', `${key.slice(0, 20)}\n${key.slice(20)}`],
    ['too much padding', `${key}=`],
    ['padding in front', `=${key.replace('=', '')}`],
    ['bits that are not used', withPadding(`${key.slice(0, 42)}t`)],
    ['characters of no alphabet', `${key.slice(0, 42)}!=`],
    ['a passphrase', 'correct horse battery staple and some more!!'],
  ])('is refused: %s', (_, text) => {
    const { bytes, problem } = parseFernetKey(text);
    expect(bytes).toBeUndefined();
    expect(problem).toContain('32 URL-safe base64 bytes');
    if (text !== '') expect(problem).not.toContain(text.trim());
  });

  it.each(['Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao=', 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='])(
    'is refused when documents print it: %s',
    (published) => {
      for (const text of [published, published.replace('=', '')]) {
        const { bytes, problem } = parseFernetKey(text);
        expect(bytes).toBeUndefined();
        expect(problem).toContain('example');
        expect(problem).not.toContain(published.slice(0, 8));
      }
    },
  );
});
