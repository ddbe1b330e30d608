// Seals keys for storage and opens them again: Fernet for secrecy, a binding for whose key it is.
import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Metrics } from '../shared/metrics.ts';
import { createFernet } from './fernet.ts';
import { boundFields, type KeyPlace } from './key-place.ts';

export interface SealedKey {
  /** Fernet over the bare key, as the old Python services read and write it. */
  readonly token: string;
  /** MAC over place and token; undefined on what the old services wrote. */
  readonly binding: string | undefined;
}

export type OpenedKey =
  | { readonly state: 'usable'; readonly key: string }
  | { readonly state: 'unbound' | 'undecryptable' };

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
 * @param masterKeys 32 bytes each, newest first: the first seals, all open.
 * @param options.requireBinding false accepts keys without a binding (never with a wrong one), for the days when
 *   the old service still writes.
 */
export function createKeyVault(masterKeys: readonly Buffer[], options: { requireBinding: boolean }): KeyVault {
  const fernet = createFernet(masterKeys);
  const bindingKeys = masterKeys.map(toBindingKey);
  const [first] = bindingKeys;
  if (first === undefined) throw new TypeError('createKeyVault needs a key');

  const bindingHolds = (place: KeyPlace, { token, binding }: SealedKey): boolean =>
    binding === undefined
      ? !options.requireBinding
      : bindingKeys.some((key) => sameMac(mac(key, place, token), binding));

  const decrypt = (token: string): string | undefined => {
    try {
      const key = fernet.decrypt(token);
      return KEY_TEXT.test(key) ? key : undefined;
    } catch {
      return undefined;
    }
  };

  return {
    seal(place, key) {
      if (!KEY_TEXT.test(key)) throw new TypeError('a key is printable ASCII without spaces');
      const token = fernet.encrypt(key);
      return { token, binding: mac(first, place, token) };
    },
    bind: (place, token) => (decrypt(token) === undefined ? undefined : mac(first, place, token)),
    open(place, sealed) {
      const key = decrypt(sealed.token);
      if (key === undefined) return { state: 'undecryptable' };
      return bindingHolds(place, sealed) ? { state: 'usable', key } : { state: 'unbound' };
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
