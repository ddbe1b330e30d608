// Seals keys for storage and opens them again: Fernet for secrecy, a binding for whose key it is.
import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Metrics } from '../shared/metrics.ts';
import { createFernet } from './fernet.ts';
import { boundFields, type KeyPlace } from './key-place.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';

export interface SealedKey {
  /** Fernet over the bare key, as the old Python services read and write it. */
  readonly token: string;
  /** MAC over place and token; undefined on what the old services wrote. */
  readonly binding: string | undefined;
}

export type OpenedKey = { readonly state: 'usable'; readonly key: string } | { readonly state: UnusableState };

/**
 * `unbound`: not known to be this owner's. `undecryptable`: damaged, or sealed with a key that is gone. `unknown_key`: one
 * of the two, while another replica has a key that this one lacks, or knows more of them, or may for all that is known here: it
 * may read it.
 */
export type UnusableState = 'unbound' | 'undecryptable' | 'unknown_key';

// What an HTTP header can carry. The old service stored any characters, and a line break in a key would put the key
// into the error of the HTTP client.
const KEY_TEXT = /^[\x21-\x7e]+$/;

export interface KeyVault {
  /** @throws TypeError for a key that is not printable ASCII without spaces. */
  seal(place: KeyPlace, key: string): SealedKey & { readonly binding: string };
  /** Binds a token that is already there, after it has been decrypted once. Undefined where it does not decrypt to a key. */
  bind(place: KeyPlace, token: string): string | undefined;
  /** A token that decrypts to something which cannot be a key is `undecryptable` as well. */
  open(place: KeyPlace, sealed: SealedKey): OpenedKey;
}

/**
 * @param keys the master keys, or 32 bytes each, newest first. The one in use seals. All open, but what was made with one that
 *   is retired does not count: its binding holds no more, and neither does a token without a binding.
 * @param options.requireBinding false accepts keys without a binding (never with a wrong one), for the days when
 *   the old service still writes.
 */
export function createKeyVault(
  keys: MasterKeys | readonly Buffer[],
  { requireBinding }: { requireBinding: boolean },
): KeyVault {
  const masterKeys = 'active' in keys ? keys : createMasterKeys(keys);
  const parts = masterKeys.all.map(({ id, bytes }) => ({
    id,
    fernet: createFernet([bytes]),
    binding: toBindingKey(bytes),
  }));
  type Part = (typeof parts)[number];

  const active = (): Part => {
    const { id } = masterKeys.active();
    const part = parts.find((one) => one.id === id);
    if (part === undefined) throw new TypeError('there is no such key');
    return part;
  };
  /**
   * Whether a key that counts has bound it: the one that has sealed it, or one that has taken over since. An older one may be
   * known to others, which is why keys are changed. Undefined where it is not known which of the two is older, or which keys
   * there are.
   */
  const isBound = (place: KeyPlace, { token, binding }: { token: string; binding: string }, sealing: Part) => {
    const by = parts.find((part) => sameMac(mac(part.binding, place, token), binding));
    if (by === undefined) return mayBeReadElsewhere() ? undefined : false;
    if (masterKeys.isRetired(by.id)) return false;
    const age = masterKeys.compareAge(by.id, sealing.id);
    return age === undefined ? undefined : age >= 0;
  };

  const mayBeReadElsewhere = (): boolean => !masterKeys.isInTouch() || masterKeys.missing().length > 0;

  /** With the key that it was sealed with. */
  const decrypt = (token: string): { readonly key: string; readonly part: Part } | undefined => {
    for (const part of parts) {
      try {
        const key = part.fernet.decrypt(token);
        return KEY_TEXT.test(key) ? { key, part } : undefined;
      } catch {
        // Sealed with another one.
      }
    }
    return undefined;
  };

  return {
    seal(place, key) {
      if (!KEY_TEXT.test(key)) throw new TypeError('a key is printable ASCII without spaces');
      const { fernet, binding } = active();
      const token = fernet.encrypt(key);
      return { token, binding: mac(binding, place, token) };
    },
    bind(place, token) {
      const found = decrypt(token);
      // Anyone with a retired key could have made the token.
      if (found === undefined || masterKeys.isRetired(found.part.id)) return undefined;
      const isOlder = (masterKeys.compareAge(found.part.id, active().id) ?? 0) < 0;
      return mac((isOlder ? active() : found.part).binding, place, token);
    },
    open(place, { token, binding }) {
      const found = decrypt(token);
      if (found === undefined) return { state: mayBeReadElsewhere() ? 'unknown_key' : 'undecryptable' };
      const holds =
        binding === undefined
          ? !requireBinding && !masterKeys.isRetired(found.part.id)
          : isBound(place, { token, binding }, found.part);
      if (holds === undefined) return { state: 'unknown_key' };
      return holds ? { state: 'usable', key: found.key } : { state: 'unbound' };
    },
  };
}

const toBindingKey = (masterKey: Buffer): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'byok key binding v1', 32)));

/** HMAC-SHA256 over place and token, each field preceded by its length so that none can run into the next. Base64url. */
function mac(key: KeyObject, place: KeyPlace, token: string): string {
  const fields = [...boundFields(place), token];
  const framed = fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join('');
  return createHmac('sha256', key).update(framed).digest('base64url');
}

function sameMac(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** For those who want to use a stored key: each that cannot be used is counted. */
export const countedVault = (vault: KeyVault, metrics: Pick<Metrics, 'cryptoFailure'>): KeyVault => ({
  ...vault,
  open(place, sealed) {
    const opened = vault.open(place, sealed);
    if (opened.state !== 'usable') metrics.cryptoFailure(opened.state);
    return opened;
  },
});
