import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, returnPath } from '../../src/http/return-path.ts';

describe('where a browser goes after signing in', () => {
  it.each([
    ['/', '/'],
    ['/docs', '/docs'],
    ['/docs?a=1&b=%20#top', '/docs?a=1&b=%20#top'],
    ['/a/../b', '/b'],
    ['/schlüssel', '/schl%C3%BCssel'],
    ['/?next=https://elsewhere.example', '/?next=https://elsewhere.example'],
    ['/https://elsewhere.example', '/https://elsewhere.example'],
    ['/@elsewhere.example', '/@elsewhere.example'],
  ])('may be %j', (given, expected) => {
    expect(returnPath.safeParse(given).success).toBe(true);
    expect(canonicalPath(given, '/')).toBe(expected);
  });

  it.each([
    '',
    'docs',
    'https://elsewhere.example',
    'javascript:alert(1)',
    '//elsewhere.example',
    '///elsewhere.example',
    '/\\elsewhere.example',
    '\\/elsewhere.example',
    '/\t/elsewhere.example',
    '/\n/elsewhere.example',
    '/.//elsewhere.example',
    '/..//elsewhere.example',
    '/a/..//elsewhere.example',
    '/%2e//elsewhere.example',
    ' /docs',
    '/docs\r\nSet-Cookie: a=b',
    '/docs\u0000',
    '/a\\b',
    `/${'x'.repeat(2000)}`,
  ])('may not be %j', (given) => {
    expect(returnPath.safeParse(given).success).toBe(false);
  });

  it('never leaves this host and always fits into a header, whatever it is', () => {
    const odd = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '\t',
      '\n',
      '@',
      ':',
      '?',
      '#',
      'a',
      'evil.example',
      'ü',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 12 }), (parts) => {
        const path = canonicalPath(`/${parts.join('')}`, '/fallback');
        expect(path).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
        expect(new URL(path, 'https://ops.example.com').host).toBe('ops.example.com');
      }),
      { numRuns: 5000 },
    );
  });
});
