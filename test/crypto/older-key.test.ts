// While two master keys count, the older one does less than the newer: what the newer has sealed it moves nowhere.
import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';
import { createMasterKeys, type KeyLedger, masterKeyId, UNKNOWN_LEDGER } from '../../src/crypto/master-keys.ts';

const KEY = 'sk-0123456789abcdef';
const HERE = keyPlace({ kind: 'user', id: 'ada' }, { provider: 'openai', endpoint: undefined });
const THERE = keyPlace({ kind: 'user', id: 'eve' }, { provider: 'openai', endpoint: 'https://evil.example/v1' });
const [OLD, NEW, NEWEST] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];
const STRICT = { requireBinding: true };
const says = (counting: readonly Buffer[], retired: readonly Buffer[] = []): KeyLedger => ({
  counting: counting.map(masterKeyId),
  retired: retired.map(masterKeyId),
  asOf: 1,
});
function vaultOf(list: readonly Buffer[], ledger: KeyLedger) {
  const keys = createMasterKeys(list);
  keys.learn(ledger);
  return { keys, vault: createKeyVault(keys, STRICT) };
}
const sealedWith = (key: Buffer, place = HERE) => createKeyVault([key], STRICT).seal(place, KEY);

/** What somebody with the key and the token alone can make. */
function bound(key: Buffer, token: string, { owner, provider, endpoint = '' } = THERE): string {
  const mac = createHmac('sha256', Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'byok key binding v1', 32)));
  const fields = [owner.id, provider, endpoint, token];
  return mac.update(fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join('')).digest('base64url');
}

const LISTS = [
  [NEW, OLD],
  [OLD, NEW],
];
const MOMENTS: readonly (readonly [string, KeyLedger])[] = [
  ['before this process has heard of the change', says([OLD])],
  ['while both count', says([OLD, NEW])],
  ['after the change', says([NEW], [OLD])],
];

describe('a token of the newer key', () => {
  const { token } = sealedWith(NEW);

  it.each<[string, readonly Buffer[], KeyLedger]>([
    ['while both count', [NEW, OLD], says([OLD, NEW])],
    ['while both count, in a list of the first phase', [OLD, NEW], says([OLD, NEW])],
    ['where the rows about the change are gone', [NEW, OLD], says([OLD])],
    ['where nothing is known', [NEW, OLD], UNKNOWN_LEDGER],
    ['afterwards', [NEW, OLD], says([NEW], [OLD])],
  ])('is unbound where the older one has bound it: %s', (_, list, ledger) => {
    const { vault } = vaultOf(list, ledger);
    expect(vault.open(THERE, { token, binding: bound(OLD, token) })).toEqual({ state: 'unbound' });
    expect(vault.open(THERE, { token, binding: bound(NEW, token) })).toEqual({ state: 'usable', key: KEY });
  });

  it.each(LISTS)('is bound with the newer one by a process that has not heard of the change', (...list) => {
    const { keys, vault } = vaultOf(list, says([OLD]));
    const binding = vault.bind(HERE, token);
    keys.learn(says([OLD, NEW]));
    expect(vault.open(HERE, { token, binding })).toEqual({ state: 'usable', key: KEY });
  });
});

describe('a token of the older key', () => {
  const { token, binding } = sealedWith(OLD);

  it.each(MOMENTS)('opens where the newer one has bound it, by either list: %s', (_, ledger) => {
    for (const list of LISTS) {
      const { vault } = vaultOf(list, ledger);
      expect(vault.open(HERE, { token, binding: bound(NEW, token, HERE) })).toEqual({ state: 'usable', key: KEY });
    }
  });

  it('is bound with the newer one, and opens with its own binding for as long as that counts', () => {
    const { keys, vault } = vaultOf([NEW, OLD], says([OLD, NEW]));
    expect(vault.bind(HERE, token)).toBe(bound(NEW, token, HERE));
    expect(vault.open(HERE, { token, binding })).toEqual({ state: 'usable', key: KEY });
    keys.learn(says([NEW], [OLD]));
    expect(vault.open(HERE, { token, binding })).toEqual({ state: 'unbound' });
  });
});

describe('of three keys that count', () => {
  it.each([[[NEWEST, NEW, OLD]], [[OLD, NEW, NEWEST]], [[NEW, NEWEST, OLD]]])(
    'the order of the log says which is older, not that of the list',
    (list) => {
      const { vault } = vaultOf(list, says([OLD, NEW, NEWEST]));
      for (const [index, sealing] of [OLD, NEW, NEWEST].entries()) {
        const { token } = sealedWith(sealing);
        const states = [OLD, NEW, NEWEST].map((key) => vault.open(THERE, { token, binding: bound(key, token) }).state);
        expect(states).toEqual([0, 1, 2].map((other) => (other < index ? 'unbound' : 'usable')));
      }
    },
  );
});
