import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { previewKey } from '../../src/users/key-preview.ts';

const prefixes = [...PROVIDERS.values()].map(({ prefix }) => prefix);

describe('a masked key', () => {
  it.each([
    ['sk-1234567890abcdef5678', 'sk-', 'sk-1234...5678'],
    ['sk-ant-api03-abcdefghijklmnop', 'sk-ant-', 'sk-ant-api...nop'],
    ['hf_abcdefghijklmnopqrstuvwxyz', 'hf_', 'hf_abcd...wxyz'],
    ['abcdefghijklmnopqrstuvwxyz', null, 'abcd...wxyz'],
    ['abcdefghijklmnopqrstuvwxyz', 'sk-', 'abcd...wxyz'],
    ['sk-ant-abcdefghijklmnopqrstuvwxyz', 'sk-', 'sk-ant-...wxyz'],
    ['sk-123456789abc', 'sk-', 'sk-12...bc'],
    ['sk-1234567', 'sk-', 'sk-1...7'],
    ['0123456789', null, '01...89'],
    ['pplx-12345', 'pplx-', '****'],
    ['sk-ant-123', 'sk-ant-', '****'],
    ['0123', null, '0...3'],
    ['012', null, '****'],
    ['sk-', 'sk-', '****'],
    ['', null, '****'],
  ])('%s with prefix %s reads %s', (key, prefix, preview) => {
    expect(previewKey(key, prefix)).toBe(preview);
  });

  const keys = fc.tuple(fc.constantFrom(...prefixes), fc.stringMatching(/^[\x21-\x7e]{0,60}$/), fc.boolean());

  it('never shows more than half of the characters, and only from the two ends', () => {
    fc.assert(
      fc.property(keys, ([prefix, rest, prefixed]) => {
        const key = prefixed ? `${prefix ?? ''}${rest}` : rest;
        const preview = previewKey(key, prefix);
        if (preview === '****') return;
        // The dots that stand for the middle: keys may contain dots, so the right split is one of several.
        const splits = [...preview.matchAll(/(?=\.\.\.)/g)].map(({ index }) => [
          preview.slice(0, index),
          preview.slice(index + 3),
        ]);
        const fits = splits.some(
          ([start = '', end = '']) =>
            key.startsWith(start) &&
            key.endsWith(end) &&
            (start.length + end.length) * 2 <= key.length &&
            end.length <= 4,
        );
        expect(fits, `${key} reads ${preview}`).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('shows the prefix and four characters at either end of every key that is long enough', () => {
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.stringMatching(/^[A-Za-z0-9]{30,60}$/), (prefix, rest) => {
        const shown = prefix ?? '';
        expect(previewKey(`${shown}${rest}`, prefix)).toBe(`${shown}${rest.slice(0, 4)}...${rest.slice(-4)}`);
      }),
    );
  });
});
