import { describe, expect, it } from 'vitest';
import { createCanaries, findCanaries } from './canaries.ts';

describe('the search for canary keys', () => {
  const canaries = createCanaries(100);
  const [first, second] = canaries;
  const key = first?.key ?? '';

  it.each<[string, (text: string) => string]>([
    ['plain', (text) => text],
    ['url-encoded', (text) => encodeURIComponent(text)],
    ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
    ['capital hexadecimal', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['base64', (text) => Buffer.from(text).toString('base64')],
    ['base64, one further', (text) => Buffer.from(`x${text}`).toString('base64')],
    ['base64, two further', (text) => Buffer.from(`xy${text}`).toString('base64')],
    ['base64url', (text) => Buffer.from(text).toString('base64url')],
    ['cut short', (text) => text.slice(0, -6)],
  ])('finds every one that is %s, and no other', (_name, spell) => {
    for (const canary of canaries) {
      const found = findCanaries(canaries, `{"x":"${spell(canary.key)}"}`);
      expect(found.length).toBeGreaterThan(0);
      expect(found.every((one) => one.includes(canary.key))).toBe(true);
    }
  });

  it('finds nothing in masked keys and in what is not theirs', () => {
    const masked = canaries.map((canary) => `${canary.key.slice(0, 8)}...${canary.key.slice(-4)}`).join(' ');
    expect(findCanaries(canaries, masked)).toEqual([]);
    expect(findCanaries([...(second ? [second] : [])], key)).toEqual([]);
  });

  it('has keys that the service accepts', () => {
    for (const canary of canaries) expect(canary.key).toMatch(/^[\x21-\x7e]{20,80}$/);
    expect(new Set(canaries.map((canary) => canary.secret)).size).toBe(100);
  });
});
