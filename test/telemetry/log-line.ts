// Lines as pino writes them, and secrets to put into them.
import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const random = (length: number): string =>
  [...randomBytes(length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** As pino writes it. */
export const line = (value: unknown): string =>
  `${JSON.stringify({ level: 'info', reqId: 'deadbeef-1z', msg: value })}\n`;
