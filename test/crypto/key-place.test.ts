import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundFields, type KeyOwner, keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';

const user = (id: string): KeyOwner => ({ kind: 'user', id });
/** A kind that does not exist yet. */
const team = (id: string, kind = 'team'): KeyOwner => ({ kind, id }) as unknown as KeyOwner;
const KEY = 'sk-0123456789abcdef';
const OPENAI = { provider: 'openai', endpoint: undefined };
const vault = createKeyVault([Buffer.alloc(32, 3)], { requireBinding: true });

describe('the place of a key', () => {
  it('is whose it is, the provider and the endpoint, whatever else is known of the key', () => {
    const record = { provider: 'groq', endpoint: 'https://llm.example.com', label: 'Mine', token: 'x' };
    expect(keyPlace(user('ada'), record)).toEqual({
      owner: { kind: 'user', id: 'ada' },
      provider: 'groq',
      endpoint: 'https://llm.example.com',
    });
  });

  it('is bound by three fields for a person, and by its kind as well for any other owner', () => {
    expect(boundFields(keyPlace(user('ada'), OPENAI))).toEqual(['ada', 'openai', '']);
    expect(boundFields(keyPlace(team('ada'), OPENAI))).toEqual(['team', 'ada', 'openai', '']);
  });
});

describe('an owner of another kind', () => {
  it('opens no key of a person with the same id, nor the person theirs', () => {
    for (const [from, to] of [
      [user('ada'), team('ada')],
      [team('ada'), user('ada')],
      [team('ada'), team('ada', 'org')],
    ] as const) {
      const sealed = vault.seal(keyPlace(from, OPENAI), KEY);
      expect(vault.open(keyPlace(from, OPENAI), sealed)).toEqual({ state: 'usable', key: KEY });
      expect(vault.open(keyPlace(to, OPENAI), sealed)).toEqual({ state: 'unbound' });
    }
  });

  it('never has the binding of a person, whatever the ids, providers and endpoints look like side by side', () => {
    const text = fc
      .array(fc.constantFrom('team', 'ada', '4:', 'openai', '3:ada', '0:', ':', '1'), { maxLength: 3 })
      .map((parts) => parts.join(''));
    const key = fc.record({ provider: text, endpoint: fc.option(text, { nil: undefined }) });
    const { token } = vault.seal(keyPlace(user('ada'), OPENAI), KEY);
    const kind = text.filter((word) => word !== 'user');
    fc.assert(
      fc.property(text, key, kind, text, key, (person, theirs, word, id, its) => {
        const binding = vault.bind(keyPlace(user(person), theirs), token);
        expect(vault.open(keyPlace(team(id, word), its), { token, binding })).toEqual({ state: 'unbound' });
      }),
      { numRuns: 2_000 },
    );
  });
});
