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
const USABLE = { state: 'usable', key: KEY };
const UNBOUND = { state: 'unbound' };
const UNKNOWN = { state: 'unknown_key' };

describe('a token of the newer key', () => {
  const { token, binding } = sealedWith(NEW);

  it.each<[string, KeyLedger, object]>([
    ['is unbound while both count', says([OLD, NEW]), UNBOUND],
    ['is unbound afterwards', says([NEW], [OLD]), UNBOUND],
    ['is not known to be bound where nothing says that the newer counts', says([OLD]), UNKNOWN],
    ['is not known to be bound where nothing is said of the older', says([NEW]), UNKNOWN],
  ])('that the older one has bound to another place %s', (_, ledger, opened) => {
    for (const list of LISTS) {
      const { vault } = vaultOf(list, ledger);
      expect(vault.open(THERE, { token, binding: bound(OLD, token) })).toEqual(opened);
      expect(vault.open(THERE, { token, binding: bound(NEW, token) })).toEqual(USABLE);
      expect(vault.open(THERE, { token, binding })).toEqual(UNBOUND);
      expect(vault.open(HERE, { token, binding })).toEqual(USABLE);
    }
  });

  it('goes by the list where the log has not been looked at', () => {
    const { vault } = vaultOf([NEW, OLD], UNKNOWN_LEDGER);
    expect(vault.open(THERE, { token, binding: bound(OLD, token) })).toEqual(UNBOUND);
    expect(vault.open(THERE, { token, binding: bound(NEW, token) })).toEqual(USABLE);
    expect(vaultOf([OLD, NEW], UNKNOWN_LEDGER).vault.open(THERE, { token, binding: bound(OLD, token) })).toEqual(
      USABLE,
    );
  });

  it.each(LISTS)('is bound with the newer one by a process that has not heard of the change', (...list) => {
    const { keys, vault } = vaultOf(list, says([OLD]));
    const binding = vault.bind(HERE, token);
    keys.learn(says([OLD, NEW]));
    expect(vault.open(HERE, { token, binding })).toEqual(USABLE);
  });
});

describe('a token of the older key', () => {
  const { token, binding } = sealedWith(OLD);

  it.each<[string, KeyLedger, object]>([
    ['while both count', says([OLD, NEW]), USABLE],
    ['after the change', says([NEW], [OLD]), USABLE],
    ['but not before this process has heard of the change', says([OLD]), UNKNOWN],
  ])('opens where the newer one has bound it, by either list, %s', (_, ledger, opened) => {
    for (const list of LISTS) {
      const { vault } = vaultOf(list, ledger);
      expect(vault.open(HERE, { token, binding: bound(NEW, token, HERE) })).toEqual(opened);
      expect(vault.open(THERE, { token, binding: bound(NEW, token, HERE) })).toEqual(UNBOUND);
    }
  });

  it('is not known to be unbound while another replica has a key that this one lacks, or may have one', () => {
    const { keys, vault } = vaultOf([OLD], says([OLD]));
    const byNew = { token, binding: bound(NEW, token, HERE) };
    expect(vault.open(HERE, byNew)).toEqual(UNBOUND);
    keys.learnOthers([masterKeyId(NEW)]);
    expect(vault.open(HERE, byNew)).toEqual(UNKNOWN);
    keys.learnOthers([], Number.NEGATIVE_INFINITY);
    expect(vault.open(HERE, byNew)).toEqual(UNKNOWN);
    // Nobody has bound it, wherever they are.
    expect(vault.open(HERE, { token, binding: undefined })).toEqual(UNBOUND);
  });

  it('is bound with the newer one, and opens with its own binding for as long as that counts', () => {
    const { keys, vault } = vaultOf([NEW, OLD], says([OLD, NEW]));
    expect(vault.bind(HERE, token)).toBe(bound(NEW, token, HERE));
    expect(vault.open(HERE, { token, binding })).toEqual(USABLE);
    keys.learn(says([NEW], [OLD]));
    expect(vault.open(HERE, { token, binding })).toEqual(UNBOUND);
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
