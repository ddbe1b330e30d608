// What is stored of a key, read by the formats in docs/storage.md alone: Fernet tokens, and bindings to their owner.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

const CIPHERTEXT_START = 25;
const MAC_LENGTH = 32;

export interface Place {
  readonly userId: string;
  readonly provider: string;
  readonly endpoint: string | undefined;
}

/** @param key as ENCRYPTION_KEY. @returns undefined for what was not encrypted with that key. */
export function openToken(key: string, token: string): string | undefined {
  const { signing, encryption } = halves(key);
  const data = Buffer.from(token, 'base64url');
  if (data.length < CIPHERTEXT_START + MAC_LENGTH || data[0] !== 0x80) return undefined;
  const mac = createHmac('sha256', signing).update(data.subarray(0, -MAC_LENGTH)).digest();
  if (!mac.equals(data.subarray(-MAC_LENGTH))) return undefined;
  const cipher = createDecipheriv('aes-128-cbc', encryption, data.subarray(9, CIPHERTEXT_START));
  return cipher.update(data.subarray(CIPHERTEXT_START, -MAC_LENGTH), undefined, 'utf8') + cipher.final('utf8');
}

/** Always the same token for the same text: of a time long ago, with an IV of zeros. */
export function sealToken(key: string, text: string): string {
  const { signing, encryption } = halves(key);
  const head = Buffer.alloc(CIPHERTEXT_START);
  head[0] = 0x80;
  head.writeUInt32BE(1_700_000_000, 5);
  const cipher = createCipheriv('aes-128-cbc', encryption, head.subarray(9));
  const data = Buffer.concat([head, cipher.update(text, 'utf8'), cipher.final()]);
  const token = Buffer.concat([data, createHmac('sha256', signing).update(data).digest()]).toString('base64url');
  return token.padEnd(Math.ceil(token.length / 4) * 4, '=');
}

export function bindingOf(key: string, { userId, provider, endpoint = '' }: Place, token: string): string {
  const derived = hkdfSync('sha256', Buffer.from(key, 'base64url'), Buffer.alloc(0), 'byok key binding v1', 32);
  const message = [userId, provider, endpoint, token].map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  return createHmac('sha256', Buffer.from(derived)).update(message).digest('base64url');
}

function halves(key: string): { signing: Buffer; encryption: Buffer } {
  const bytes = Buffer.from(key, 'base64url');
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}
