// Text that travels through other hands and comes back: nobody there can read it, change it or make one.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';

export interface SealedText {
  /** @param context what the text belongs to; it opens with the same one only. @returns base64url. */
  seal(text: string, context: string): string;
  /** @returns the text; undefined for whatever was not sealed here for this context. */
  open(sealed: string, context: string): string | undefined;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under keys that every replica derives from its master keys.
 * @param masterKeys the master keys, or 32 bytes each, newest first: the one in use seals, which every replica has. All open.
 * @param purpose text sealed for one purpose does not open for another.
 */
export function createSealedText(masterKeys: MasterKeys | readonly Buffer[], purpose: string): SealedText {
  const { all, active } = 'active' in masterKeys ? masterKeys : createMasterKeys(masterKeys);
  const derive = (key: Buffer): Buffer => Buffer.from(hkdfSync('sha256', key, '', `byok ${purpose} v1`, 32));
  const keys = all.map(({ id, bytes }) => ({ id, key: derive(bytes) }));
  const inUse = (): Buffer => {
    const { id } = active();
    const found = keys.find((one) => one.id === id);
    if (found === undefined) throw new TypeError('there is no such key');
    return found.key;
  };
  return {
    seal(text, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, inUse(), iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64url');
      // Another spelling of the same bytes is not what was sealed.
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
      for (const { key } of keys) {
        const text = openWith(key, bytes, context);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function openWith(key: Buffer, bytes: Buffer, context: string): string | undefined {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const body = bytes.subarray(IV_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
