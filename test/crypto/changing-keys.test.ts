// What is sealed before, during and after a change of the master key, by a list that replicas do not have alike.
import { describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { countedVault, createKeyVault } from '../../src/crypto/key-vault.ts';
import { createMasterKeys, masterKeyId } from '../../src/crypto/master-keys.ts';
import { createSealedText } from '../../src/crypto/sealed-text.ts';

const KEY = 'sk-0123456789abcdef';
const HERE = keyPlace({ kind: 'user', id: 'ada' }, { provider: 'openai', endpoint: undefined });
const [NEW, OLD] = [Buffer.alloc(32, 2), Buffer.alloc(32, 1)] as const;
const [newId, oldId] = [masterKeyId(NEW), masterKeyId(OLD)] as const;
const USABLE = { state: 'usable', key: KEY };
const BEFORE = { counting: [oldId], retired: [], asOf: 1 };
const DURING = { counting: [oldId, newId], retired: [], asOf: 2 };
const AFTER = { counting: [newId], retired: [oldId], asOf: 3 };
const STRICT = { requireBinding: true };
const LENIENT = { requireBinding: false };

function changing(options = STRICT) {
  const keys = createMasterKeys([NEW, OLD]);
  return { keys, vault: createKeyVault(keys, options), text: createSealedText(keys, 'test') };
}
const only = (key: Buffer) => ({ vault: createKeyVault([key], STRICT), text: createSealedText([key], 'test') });

describe('what is sealed by a list that has the new key in front', () => {
  it.each([
    ['opens for those who have the old key alone, until a change has begun', BEFORE, OLD, NEW],
    ['needs the new key from then on', DURING, NEW, OLD],
    ['needs the new key when the change is finished', AFTER, NEW, OLD],
  ] as const)('%s', (_when, ledger, opens, doesNot) => {
    const { keys, vault, text } = changing();
    keys.learn(ledger);
    const sealed = vault.seal(HERE, KEY);
    expect(vault.open(HERE, sealed)).toEqual(USABLE);
    expect(only(opens).vault.open(HERE, sealed)).toEqual(USABLE);
    expect(only(doesNot).vault.open(HERE, sealed)).toEqual({ state: 'undecryptable' });
    const note = text.seal('note', 'state');
    expect(only(opens).text.open(note, 'state')).toBe('note');
    expect(only(doesNot).text.open(note, 'state')).toBeUndefined();
  });

  it('is nothing where the key that counts is not in the list', () => {
    const { keys, vault, text } = changing();
    keys.learn({ ...AFTER, counting: ['0123456789ab'] });
    expect(() => vault.seal(HERE, KEY)).toThrow(expect.objectContaining({ code: 'directory_misconfigured' }));
    expect(() => text.seal('note', 'state')).toThrow(expect.objectContaining({ code: 'directory_misconfigured' }));
    // Nor where it were said to be one that was never derived from.
    const strange = { ...keys, active: () => ({ id: '0123456789ab', bytes: Buffer.alloc(32) }) };
    for (const seal of [
      () => createKeyVault(strange, STRICT).seal(HERE, KEY),
      () => createSealedText(strange, 'test').seal('note', 'state'),
    ])
      expect(seal).toThrow(new TypeError('there is no such key'));
  });
});

describe('what was made with a key that is retired', () => {
  const old = only(OLD).vault;
  const sealed = old.seal(HERE, KEY);

  it('counts until the change is finished', () => {
    for (const ledger of [BEFORE, DURING]) {
      const { keys, vault } = changing(LENIENT);
      keys.learn(ledger);
      expect(vault.open(HERE, sealed)).toEqual(USABLE);
      expect(vault.open(HERE, { ...sealed, binding: undefined })).toEqual(USABLE);
      expect(vault.bind(HERE, sealed.token)).toBeDefined();
    }
  });

  it('does not count afterwards, with its binding or without one, and is not bound', () => {
    for (const options of [STRICT, LENIENT]) {
      const { keys, vault } = changing(options);
      keys.learn(AFTER);
      for (const binding of [sealed.binding, undefined])
        expect(vault.open(HERE, { ...sealed, binding })).toEqual({ state: 'unbound' });
      expect(vault.bind(HERE, sealed.token)).toBeUndefined();
    }
  });

  it('counts where the new key has bound it: it was there before the change ended', () => {
    const { keys, vault } = changing();
    keys.learn(DURING);
    const binding = vault.bind(HERE, sealed.token);
    keys.learn(AFTER);
    expect(vault.open(HERE, { ...sealed, binding })).toEqual(USABLE);
  });
});

describe('a key without a binding', () => {
  const token = createFernet([NEW]).encrypt(KEY);

  it.each([
    [true, { state: 'unbound' }],
    [false, USABLE],
  ])('(bindings required: %s) is %o', (requireBinding, opened) => {
    const vault = createKeyVault([NEW], { requireBinding });
    expect(vault.open(HERE, { token, binding: undefined })).toEqual(opened);
    // A wrong one is worse than none.
    expect(vault.open(HERE, { token, binding: 'x' })).toEqual({ state: 'unbound' });
  });
});

describe('what cannot be decrypted', () => {
  const foreign = only(Buffer.alloc(32, 9)).vault.seal(HERE, KEY);

  it('may be readable for another replica, while one has a key that this one lacks', () => {
    const { keys, vault } = changing();
    expect(vault.open(HERE, foreign)).toEqual({ state: 'undecryptable' });
    keys.learnOthers([newId, '0123456789ab']);
    expect(vault.open(HERE, foreign)).toEqual({ state: 'unknown_key' });
    keys.learnOthers([newId]);
    expect(vault.open(HERE, foreign)).toEqual({ state: 'undecryptable' });
  });

  it('is counted by its reason where keys are used, and what opens is not', () => {
    const counted: string[] = [];
    const vault = countedVault(only(NEW).vault, { cryptoFailure: (state) => void counted.push(state) });
    const sealed = vault.seal(HERE, KEY);
    expect(vault.open(HERE, sealed)).toEqual(USABLE);
    expect(counted).toEqual([]);
    expect(vault.open(HERE, foreign)).toEqual({ state: 'undecryptable' });
    expect(vault.open({ ...HERE, provider: 'groq' }, sealed)).toEqual({ state: 'unbound' });
    expect(counted).toEqual(['undecryptable', 'unbound']);
  });
});
