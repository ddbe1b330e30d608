import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { type KeyOwner, type KeyPlace, keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';

const KEY = 'sk-0123456789abcdef';
const user = (id: string): KeyOwner => ({ kind: 'user', id });
const HERE = keyPlace(user('ada'), { provider: 'openai', endpoint: 'https://llm.example.com/v1' });
const masterKey = randomBytes(32);
const vault = createKeyVault([masterKey], { requireBinding: true });
const lenient = createKeyVault([masterKey], { requireBinding: false });

const keyText = fc.stringMatching(/^[\x21-\x7e]{10,200}$/);
const place = fc.record({
  owner: fc.uuid().map(user),
  provider: fc.constantFrom('openai', 'anthropic', 'groq', 'custom'),
  endpoint: fc.option(fc.webUrl(), { nil: undefined }),
});

describe('the key vault', () => {
  it('opens what it has sealed, in the same place', () => {
    fc.assert(
      fc.property(place, keyText, (where, key) => {
        expect(vault.open(where, vault.seal(where, key))).toEqual({ state: 'usable', key });
      }),
    );
  });

  it('seals the bare key, so that the old services can read it', () => {
    expect(createFernet([masterKey]).decrypt(vault.seal(HERE, KEY).token)).toBe(KEY);
  });

  it('never seals to the same token twice', () => {
    expect(vault.seal(HERE, KEY).token).not.toBe(vault.seal(HERE, KEY).token);
  });

  it('reads a token that it cannot decrypt as undecryptable, whatever its binding', () => {
    const foreign = createKeyVault([randomBytes(32)], { requireBinding: true }).seal(HERE, KEY);
    for (const binding of [foreign.binding, undefined, '', 'x'])
      for (const token of [foreign.token, '', 'no token'])
        expect(vault.open(HERE, { token, binding })).toEqual({ state: 'undecryptable' });
  });

  // A line break in a key would put the key into the error of the HTTP client; the old service took any characters.
  it.each([
    ['nothing', ''],
    ['a line break', `${KEY}\n`],
    ['a carriage return and a header', `${KEY}\r\nx-evil: 1`],
    ['a space', `Bearer ${KEY}`],
    ['a control character', `${KEY}\0`],
    ['letters outside ASCII', `${KEY}ü`],
    ['a space of no width', `\u{200b}${KEY}`],
  ])('reads a token that holds what no request can carry as undecryptable: %s', (_, text) => {
    const token = createFernet([masterKey]).encrypt(text);
    expect(lenient.open(HERE, { token, binding: undefined })).toEqual({ state: 'undecryptable' });
    expect(vault.bind(HERE, token)).toBeUndefined();
    expect(() => vault.seal(HERE, text)).toThrow(new TypeError('a key is printable ASCII without spaces'));
  });

  it('needs a master key', () => {
    expect(() => createKeyVault([], { requireBinding: true })).toThrow(TypeError);
  });
});

describe('a sealed key that was moved', () => {
  const elsewhere: readonly (readonly [string, KeyPlace])[] = [
    ['to another user', { ...HERE, owner: user('eve') }],
    ['to another provider', { ...HERE, provider: 'anthropic' }],
    ['to another endpoint', { ...HERE, endpoint: 'https://evil.example.com/v1' }],
    ['to no endpoint', { ...HERE, endpoint: undefined }],
    ['to another user and provider', { ...HERE, owner: user('eve'), provider: 'groq' }],
  ];

  it.each(elsewhere)(
    '%s is unbound: with its binding, without, with the one that was there, and with nonsense',
    (_, there) => {
      const moved = vault.seal(HERE, KEY);
      const theirs = vault.seal(there, 'sk-of-somebody-else');
      const nonsense = [
        '',
        'x',
        moved.binding.slice(1),
        `${moved.binding}=`,
        moved.binding.toLowerCase(),
        '🔑'.repeat(43),
      ];
      for (const binding of [moved.binding, undefined, theirs.binding, ...nonsense])
        expect(vault.open(there, { token: moved.token, binding }), `binding ${binding}`).toEqual({ state: 'unbound' });
    },
  );

  it.each(elsewhere)(
    '%s is usable without its binding where none is required, and never with a wrong one',
    (_, there) => {
      const moved = vault.seal(HERE, KEY);
      const theirs = vault.seal(there, 'sk-of-somebody-else');
      expect(lenient.open(there, { token: moved.token, binding: undefined }).state).toBe('usable');
      for (const binding of [moved.binding, theirs.binding, '', 'x'])
        expect(lenient.open(there, { token: moved.token, binding }), `binding ${binding}`).toEqual({
          state: 'unbound',
        });
    },
  );

  it('from no endpoint to one is unbound', () => {
    const sealed = vault.seal({ ...HERE, endpoint: undefined }, KEY);
    expect(vault.open(HERE, sealed)).toEqual({ state: 'unbound' });
  });

  it('is unbound wherever the places differ, however alike they look side by side', () => {
    const part = fc
      .array(fc.constantFrom('a', '1', ':', '1:a', '0:', 'ab'), { maxLength: 3 })
      .map((parts) => parts.join(''));
    const alike = fc.record({ owner: part.map(user), provider: part, endpoint: part });
    const nameOf = ({ owner, provider, endpoint }: KeyPlace): string => JSON.stringify([owner.id, provider, endpoint]);
    fc.assert(
      fc.property(alike, alike, (from, to) => {
        const { state } = vault.open(to, vault.seal(from, KEY));
        expect(state).toBe(nameOf(from) === nameOf(to) ? 'usable' : 'unbound');
      }),
      { numRuns: 2000 },
    );
  });

  it('is unbound when a field has run into the next one', () => {
    const from = keyPlace(user('ada'), { provider: 'openai', endpoint: 'https://a.example' });
    for (const to of [
      keyPlace(user('adaopenai'), { ...from, provider: '' }),
      keyPlace(user('adao'), { ...from, provider: 'penai' }),
      { ...from, provider: 'openaihttps://a.example', endpoint: '' },
      keyPlace(user('ada6:openai'), { ...from, provider: '' }),
    ])
      expect(vault.open(to, vault.seal(from, KEY)), JSON.stringify(to)).toEqual({ state: 'unbound' });
  });

  it('is unusable after any change of a character of its token or binding', () => {
    const sealed = vault.seal(HERE, KEY);
    for (const field of ['token', 'binding'] as const)
      for (let at = 0; at < sealed[field].length; at += 1) {
        const other = sealed[field][at] === 'A' ? 'B' : 'A';
        const changed = sealed[field].slice(0, at) + other + sealed[field].slice(at + 1);
        expect(vault.open(HERE, { ...sealed, [field]: changed }).state).toBe(
          field === 'token' ? 'undecryptable' : 'unbound',
        );
      }
  });
});

describe('a key that the old service wrote', () => {
  const token = createFernet([masterKey]).encrypt(KEY);

  it('is unbound until it is bound, and then usable in that place only', () => {
    expect(vault.open(HERE, { token, binding: undefined })).toEqual({ state: 'unbound' });
    const binding = vault.bind(HERE, token);
    expect(vault.open(HERE, { token, binding })).toEqual({ state: 'usable', key: KEY });
    expect(vault.open({ ...HERE, owner: user('eve') }, { token, binding })).toEqual({ state: 'unbound' });
  });

  it('is not bound where it does not decrypt', () => {
    expect(vault.bind(HERE, createFernet([randomBytes(32)]).encrypt(KEY))).toBeUndefined();
    expect(vault.bind(HERE, '')).toBeUndefined();
  });
});

describe('after a change of the master key', () => {
  const [newer, older] = [randomBytes(32), masterKey];
  const rotated = createKeyVault([newer, older], { requireBinding: true });

  it('old keys open, in their own place only', () => {
    const sealed = vault.seal(HERE, KEY);
    expect(rotated.open(HERE, sealed)).toEqual({ state: 'usable', key: KEY });
    expect(rotated.open({ ...HERE, owner: user('eve') }, sealed)).toEqual({ state: 'unbound' });
  });

  it('new keys are sealed and bound with the newest, so that the older one can be dropped', () => {
    const newestOnly = createKeyVault([newer], { requireBinding: true });
    expect(newestOnly.open(HERE, rotated.seal(HERE, KEY))).toEqual({ state: 'usable', key: KEY });
    expect(vault.open(HERE, rotated.seal(HERE, KEY))).toEqual({ state: 'undecryptable' });
    const { token } = newestOnly.seal(HERE, KEY);
    expect(newestOnly.open(HERE, { token, binding: rotated.bind(HERE, token) }).state).toBe('usable');
  });

  it('a token of one master key with a binding of the other is usable: a rewrap may have stopped between the two', () => {
    const { token } = vault.seal(HERE, KEY);
    expect(rotated.open(HERE, { token, binding: rotated.bind(HERE, token) })).toEqual({ state: 'usable', key: KEY });
  });
});

// Computed once with Python (hmac, hashlib, cryptography's HKDF and Fernet): what is stored today must open tomorrow.
it.each([
  ['custom', 'https://llm.example.com/v1', 'uwwp5tOB5JYGikpfl8s-4f29zK1bN1fy1RKYb_REwdw'],
  ['openai', undefined, 'ar0V8tD21YcJYodPmshYV-ynfoncmM6XZk8Lo8TWVR0'],
])('the binding is what storage holds since version 1 (%s)', (provider, endpoint, binding) => {
  const fixed = createKeyVault([Buffer.from(Array.from({ length: 32 }, (_, index) => index))], {
    requireBinding: true,
  });
  const token =
    'gAAAAABo6YHgAAAAAAAAAAAAAAAAAAAAAAFq3hIQXb_R2twqPX0xFtwKnONXRyd43EbTguodClwIBn7udQd2W6ASR4TsSa-RQLCaPsdqPpnTyikq5QBPI5U=';
  const there = keyPlace(user('7a1d4b5e-0000-4000-8000-000000000001'), { provider, endpoint });
  expect(fixed.bind(there, token)).toBe(binding);
  expect(fixed.open(there, { token, binding })).toEqual({ state: 'usable', key: 'sk-0123456789abcdef0123' });
});
