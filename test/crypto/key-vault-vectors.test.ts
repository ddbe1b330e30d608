// What storage holds since version 1 must open for ever. The vectors were checked against another implementation.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';

interface Vector {
  readonly userId: string;
  readonly provider: string;
  readonly endpoint?: string;
  readonly key: string;
  readonly at: number;
  readonly iv: string;
  readonly token: string;
  readonly binding: string;
}

const file = new URL('../fixtures/key-binding/vectors.json', import.meta.url);
const { masterKey, vectors } = JSON.parse(readFileSync(file, 'utf8')) as { masterKey: string; vectors: Vector[] };
const master = Buffer.from(masterKey, 'base64url');
const vault = createKeyVault([master], { requireBinding: true });
const rotated = createKeyVault([Buffer.alloc(32, 9), master], { requireBinding: true });
const placeOf = ({ userId, provider, endpoint }: Vector) =>
  keyPlace({ kind: 'user', id: userId }, { provider, endpoint });
const titleOf = ({ userId, provider, endpoint }: Vector): string =>
  JSON.stringify([userId.length > 60 ? `${userId.length} characters` : userId, provider, endpoint]);

describe("a person's stored key opens as it always did, with the binding it always had", () => {
  it.each(vectors.map((vector) => [titleOf(vector), vector] as const))('%s', (_, vector) => {
    const { key, at, iv, token, binding } = vector;
    const place = placeOf(vector);
    expect(createFernet([master]).encrypt(key, { at, iv: Buffer.from(iv, 'hex') })).toBe(token);
    expect(vault.bind(place, token)).toBe(binding);
    for (const each of [vault, rotated]) expect(each.open(place, { token, binding })).toEqual({ state: 'usable', key });
    for (const other of vectors.filter((one) => titleOf(one) !== titleOf(vector)))
      expect(vault.open(placeOf(other), { token, binding }).state).toBe('unbound');
  });

  it('has no two of the same binding', () => {
    expect(new Set(vectors.map(({ binding }) => binding)).size).toBe(vectors.length);
  });
});
