import { expect, test } from 'vitest';
import { junkKeyLike } from '../../src/providers/junk-key.ts';

const kinds = (text: string): string => text.replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A').replace(/\d/g, '0');

test.each([
  ['sk-AbCdEf0123456789AbCd', 'sk-', 'sk-'],
  ['sk-ant-0123456789abcdefghij', 'sk-ant-', 'sk-ant-'],
  ['gsk_0123456789abcdefghij', 'gsk_', 'gsk_'],
  ['xai-AAAAAAAAAAAAAAAAAAAAAAAA', null, 'xai-'],
  ['01234567890123456789', 'sk-', ''],
])('a junk key for %s has the same beginning, length and kinds of characters', (key, prefix, lead) => {
  const junk = junkKeyLike(key, prefix);
  expect(junk.startsWith(lead)).toBe(true);
  expect(kinds(junk.slice(lead.length))).toBe(kinds(key.slice(lead.length)));
  expect(junk).not.toBe(key);
});

test('a junk key is never the key itself, and always safe in a header', () => {
  for (const key of ['----------', '!!!!!!!!!!', 'sk-a', '_', 'correct-horse-battery-staple'])
    for (let round = 0; round < 200; round += 1) {
      const junk = junkKeyLike(key, null);
      expect(junk).not.toBe(key);
      expect(junk).toMatch(/^[\x21-\x7e]{16,}$/);
    }
});
