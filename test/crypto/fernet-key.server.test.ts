// A key of any spelling that Python's `cryptography` takes means the same bytes to both.
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createFernet, parseFernetKey } from '../../src/crypto/fernet.ts';
import { runPython } from '../support/programs/python.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const key = `${Buffer.alloc(32, 0xfb).toString('base64url')}=`;
/** The last of 43 characters carries four bits and two that mean nothing. */
const lastCharacters = Array.from({ length: 4 }, (_, bits) => ALPHABET[(ALPHABET.indexOf(key[42] ?? '') & ~3) + bits]);

it('what Python seals under any spelling of a key opens here', async () => {
  const keys = [
    key.replaceAll('-', '+').replaceAll('_', '/'),
    randomBytes(32).toString('base64'),
    ...lastCharacters.map((last) => `${key.slice(0, 42)}${last}=`),
  ];
  const script =
    'from cryptography.fernet import Fernet\nresult = [Fernet(key).encrypt(b"sk-1").decode() for key in data]';
  const tokens = await runPython<string[]>(script, keys);
  const opened = tokens.map((token, index) => {
    const { bytes } = parseFernetKey(keys[index] ?? '');
    return createFernet(bytes === undefined ? [] : [bytes]).decrypt(token);
  });
  expect(opened).toEqual(keys.map(() => 'sk-1'));
});
