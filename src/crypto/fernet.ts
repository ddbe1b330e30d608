// Fernet tokens (https://github.com/fernet/spec/blob/master/Spec.md) on node:crypto, with key objects made once.
// Layout before base64url: 0x80 · 64-bit seconds · 16-byte IV · AES-128-CBC ciphertext · HMAC-SHA256 over all of that.
import { isUtf8 } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';

const VERSION = 0x80;
const IV_START = 9;
const CIPHERTEXT_START = 25;
const MAC_LENGTH = 32;
const BLOCK = 16;
const MIN_LENGTH = CIPHERTEXT_START + 16 + MAC_LENGTH;
const MAX_CLOCK_SKEW_SECONDS = 60;
const TOKEN_SHAPE = /^[A-Za-z0-9_-]*(?:[AQgw]==|[AEIMQUYcgkosw048]=|[A-Za-z0-9_-])$/;
/** 32 bytes in either alphabet, as Python's `cryptography` takes it: `openssl rand -base64 32` writes the one with `+` and `/`. */
const KEY_SHAPE = /^[A-Za-z0-9_+/-]{43}=*$/;
const QUOTES = '"\'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb';

/** Keys printed in old documents and in the specification: known to everyone, so never acceptable. */
const PUBLISHED_KEYS: ReadonlySet<string> = new Set([
  'Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao=',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
]);

/** The one error for every token that does not decrypt, whatever the reason: no oracle. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
  constructor() {
    super('invalid token');
  }
}

interface FernetKey {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

export interface Fernet {
  /** @returns a token of URL-safe base64 with padding, as Python's `cryptography` writes it. `at` is in seconds. */
  encrypt(plaintext: string, options?: { at?: number; iv?: Buffer }): string;
  /** @throws InvalidToken. With `ttl`, a token older than that many seconds, or more than a minute in the future, is refused. */
  decrypt(token: string, options?: { ttl?: number; at?: number }): string;
}

/**
 * Reads a key's text, white space around it left out. `problem` completes the sentence "ENCRYPTION_KEY …". It never contains
 * the key, and never advises a new one, which could not read what is stored already.
 */
export function parseFernetKey(
  text: string,
): { bytes: Buffer; problem: undefined } | { bytes: undefined; problem: string } {
  const refuse = (problem: string) => ({ bytes: undefined, problem });
  const key = text.trim();
  if (key !== '' && [key.slice(0, 1), key.slice(-1)].some((end) => QUOTES.includes(end)))
    return refuse('is in quotes: remove them');
  if (!KEY_SHAPE.test(key))
    return refuse(
      'is not 32 bytes of base64, which are 43 characters and `=`: copy the key again, whole, and put commas between several',
    );
  const bytes = Buffer.from(key, 'base64');
  if (PUBLISHED_KEYS.has(`${bytes.toString('base64url')}=`))
    return refuse('is an example from a document that everyone can read: see "A published key" in docs/migrating.md');
  if (bytes.every((byte) => byte === 0))
    return refuse('is all zeros, which everyone can guess: see "A published key" in docs/migrating.md');
  return { bytes, problem: undefined };
}

/** @param keys newest first, 32 bytes each: the first encrypts, all decrypt. At least one. */
export function createFernet(keys: readonly Buffer[]): Fernet {
  const ring = keys.map(toFernetKey);
  const [first] = ring;
  if (first === undefined) throw new TypeError('createFernet needs a key');
  return {
    encrypt: (plaintext, { at = Date.now() / 1000, iv = nextIv() } = {}) => encrypt(first, plaintext, at, iv),
    decrypt(token, { ttl, at = Date.now() / 1000 } = {}) {
      const data = decode(token);
      checkAge(data, ttl, at);
      const key = ring.find((candidate) => signatureMatches(candidate, data));
      if (key === undefined) throw new InvalidToken();
      return decipher(key, data);
    },
  };
}

function toFernetKey(bytes: Buffer): FernetKey {
  if (bytes.length !== 32) throw new TypeError('a Fernet key has 32 bytes');
  return { signing: createSecretKey(bytes.subarray(0, 16)), encryption: createSecretKey(bytes.subarray(16)) };
}

function encrypt(key: FernetKey, plaintext: string, at: number, iv: Buffer): string {
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const head = cipher.update(plaintext);
  const tail = cipher.final();
  const end = CIPHERTEXT_START + head.length + tail.length;
  const data = Buffer.allocUnsafe(end + MAC_LENGTH);
  const seconds = Math.floor(at);
  data[0] = VERSION;
  data.writeUInt32BE(Math.floor(seconds / 2 ** 32), 1);
  data.writeUInt32BE(seconds % 2 ** 32, 5);
  data.set(iv, IV_START);
  data.set(head, CIPHERTEXT_START);
  data.set(tail, CIPHERTEXT_START + head.length);
  data.set(createHmac('sha256', key.signing).update(data.subarray(0, end)).digest(), end);
  return data.toString('base64url') + '='.repeat((3 - (data.length % 3)) % 3);
}

function decode(token: string): Buffer {
  if (!isCanonical(token)) throw new InvalidToken();
  const data = Buffer.from(token, 'base64url');
  if (data.length < MIN_LENGTH || data[0] !== VERSION) throw new InvalidToken();
  return data;
}

/**
 * Node decodes base64 leniently. Only the one spelling that encoding gives counts, so that no changed character goes
 * unnoticed: whole groups of four, and zeros in the bits of the last character that carry nothing.
 */
function isCanonical(token: string): boolean {
  return token.length % 4 === 0 && TOKEN_SHAPE.test(token);
}

function checkAge(data: Buffer, ttl: number | undefined, at: number): void {
  if (ttl === undefined) return;
  const created = Number(data.readBigUInt64BE(1));
  if (created + ttl < at || created > at + MAX_CLOCK_SKEW_SECONDS) throw new InvalidToken();
}

function signatureMatches(key: FernetKey, data: Buffer): boolean {
  const end = data.length - MAC_LENGTH;
  const expected = createHmac('sha256', key.signing).update(data.subarray(0, end)).digest();
  return timingSafeEqual(expected, data.subarray(end));
}

function decipher(key: FernetKey, data: Buffer): string {
  const plaintext = decipherBytes(key, data);
  // Bytes that are no text must not be read as another text, with replacement characters in it.
  if (!isUtf8(plaintext)) throw new InvalidToken();
  return plaintext.toString('utf8');
}

/** The signature has been checked: whoever can make us get here with bad padding has the key. */
function decipherBytes(key: FernetKey, data: Buffer): Buffer {
  const ciphertext = data.subarray(CIPHERTEXT_START, -MAC_LENGTH);
  if (ciphertext.length % BLOCK !== 0) throw new InvalidToken();
  // Without automatic padding all blocks come out in one step; taking the padding off here saves two copies.
  const decipher = createDecipheriv('aes-128-cbc', key.encryption, data.subarray(IV_START, CIPHERTEXT_START));
  const padded = decipher.setAutoPadding(false).update(ciphertext);
  const padding = padded[padded.length - 1] ?? 0;
  const end = padded.length - padding;
  if (padding < 1 || padding > BLOCK) throw new InvalidToken();
  for (let i = end; i < padded.length; i += 1) if (padded[i] !== padding) throw new InvalidToken();
  return padded.subarray(0, end);
}

// Random bytes are drawn 256 IVs at a time: one system call instead of 256. Each is used once.
const ivPool = Buffer.alloc(16 * 256);
let ivOffset = ivPool.length;

function nextIv(): Buffer {
  if (ivOffset === ivPool.length) {
    randomFillSync(ivPool);
    ivOffset = 0;
  }
  ivOffset += 16;
  return ivPool.subarray(ivOffset - 16, ivOffset);
}
