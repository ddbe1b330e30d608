import { describe, expect, it } from 'vitest';
import { hashOfToken, newToken, sessionIdOf } from '../../src/crypto/secret-token.ts';

describe('the secret of a session', () => {
  it('is 32 random bytes, of which only a hash is kept', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(hashOfToken(token)).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('has a public handle that leads to neither', () => {
    const hash = hashOfToken(newToken()) ?? '';
    expect(sessionIdOf(hash)).toMatch(/^[\w-]{22}$/);
    expect(hash).not.toContain(sessionIdOf(hash));
  });

  it.each([
    ['nothing', () => ''],
    ['one more character', (token: string) => `${token}x`],
    ['one more in front', (token: string) => `x${token}`],
    ['one less', (token: string) => token.slice(1)],
    ['a line break', (token: string) => `${token}\n`],
    ['another alphabet', (token: string) => `${token.slice(1)}+`],
  ])('is not what has %s: no hash is made of it', (_what, change) => {
    expect(hashOfToken(change(newToken()))).toBeUndefined();
  });
});
