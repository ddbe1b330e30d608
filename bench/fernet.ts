// Fernet against its own bare building blocks, and against the npm package of that name.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import fernet from 'fernet';
import { createFernet } from '../src/crypto/fernet.ts';
import { interleave, microseconds, quietest } from './measure.ts';
import { atLeast, atMost, type Result, result } from './result.ts';

const ROUNDS = 60;
const CALLS = 1_000;
const SLOW_CALLS = 50;

export async function benchFernet(): Promise<Result[]> {
  const masterKey = randomBytes(32);
  const key = `sk-${randomBytes(24).toString('base64url')}`;
  const ours = createFernet([masterKey]);
  const token = ours.encrypt(key);
  const secret = new fernet.Secret(`${masterKey.toString('base64url')}=`);
  const bare = bareCalls(masterKey, key, Buffer.from(token, 'base64url'));

  const variants = {
    encrypt: () => microseconds(CALLS, () => void ours.encrypt(key)),
    bareEncrypt: () => microseconds(CALLS, bare.encrypt),
    npmEncrypt: () => microseconds(SLOW_CALLS, () => void new fernet.Token({ secret }).encode(key)),
    decrypt: () => microseconds(CALLS, () => void ours.decrypt(token)),
    bareDecrypt: () => microseconds(CALLS, bare.decrypt),
    npmDecrypt: () => microseconds(SLOW_CALLS, () => void new fernet.Token({ secret, token, ttl: 0 }).decode()),
  };
  const times = await interleave(ROUNDS, variants, quietest);
  const figures = (a: number, b: number): string => `${a.toFixed(1)} µs to ${b.toFixed(1)} µs`;
  return [
    result(
      'Fernet encrypt to bare AES-CBC + HMAC',
      times.encrypt / times.bareEncrypt,
      '×',
      atMost(1.3),
      figures(times.encrypt, times.bareEncrypt),
    ),
    result(
      'Fernet decrypt to bare AES-CBC + HMAC',
      times.decrypt / times.bareDecrypt,
      '×',
      atMost(1.3),
      figures(times.decrypt, times.bareDecrypt),
    ),
    result(
      'Encrypt, faster than npm fernet',
      times.npmEncrypt / times.encrypt,
      '×',
      atLeast(8),
      figures(times.npmEncrypt, times.encrypt),
    ),
    result(
      'Decrypt, faster than npm fernet',
      times.npmDecrypt / times.decrypt,
      '×',
      atLeast(6),
      figures(times.npmDecrypt, times.decrypt),
    ),
  ];
}

/** The cryptography alone, on key objects made once and buffers cut once: no token, no base64, no checks. */
function bareCalls(masterKey: Buffer, key: string, token: Buffer) {
  const signing = createSecretKey(masterKey.subarray(0, 16));
  const encryption = createSecretKey(masterKey.subarray(16));
  const iv = token.subarray(9, 25);
  const signed = token.subarray(0, -32);
  const ciphertext = token.subarray(25, -32);
  const plaintext = Buffer.from(key);
  return {
    encrypt() {
      const cipher = createCipheriv('aes-128-cbc', encryption, iv);
      cipher.update(plaintext);
      cipher.final();
      createHmac('sha256', signing).update(signed).digest();
    },
    decrypt() {
      createHmac('sha256', signing).update(signed).digest();
      const decipher = createDecipheriv('aes-128-cbc', encryption, iv);
      decipher.update(ciphertext);
      decipher.final();
    },
  };
}
