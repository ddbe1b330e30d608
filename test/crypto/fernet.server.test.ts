// Both directions against Python's `cryptography`, which the old services use.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFernet } from '../../src/crypto/fernet.ts';
import { runPython } from '../support/programs/python.ts';

const SCRIPT = `
from cryptography.fernet import Fernet, MultiFernet
rings = [MultiFernet([Fernet(key) for key in keys]) for keys in data["rings"]]
def read(ring, token):
    try:
        return rings[ring].decrypt(token.encode()).decode()
    except Exception as error:
        return {"refused": type(error).__name__}
result = {
    "read": [[read(ring, token) for ring in range(len(rings))] for token in data["tokens"]],
    "written": [[ring.encrypt(text.encode()).decode() for ring in rings] for text in data["texts"]],
}
`;

interface Answer {
  /** For each token: what each ring reads. */
  readonly read: readonly (readonly unknown[])[];
  /** For each text: the token of each ring. */
  readonly written: readonly (readonly string[])[];
}

const [old, current, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32)];
/** Key rings, newest key first. */
const RINGS: readonly (readonly Buffer[])[] = [[current], [current, old], [old], [foreign]];
const pythonKey = (key: Buffer): string => `${key.toString('base64url')}=`;

describe('beside Python’s cryptography', () => {
  const texts = [
    '',
    ' ',
    '\u{feff}sk-0123456789',
    'schlüssel 🔑 日本',
    'k'.repeat(15),
    'k'.repeat(16),
    'k'.repeat(4096),
    '🔑'.repeat(1024),
    ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 100 }), 100),
    ...fc.sample(fc.stringMatching(/^[\x21-\x7e]{10,300}$/), 100),
  ];
  const fernets = RINGS.map((keys) => createFernet(keys));
  let answer: Answer;

  beforeAll(async () => {
    answer = await runPython<Answer>(SCRIPT, {
      rings: RINGS.map((keys) => keys.map(pythonKey)),
      texts,
      tokens: texts.map((text) => fernets[1]?.encrypt(text)),
    });
  });

  it('Python reads what we write, with the first key or with all of them, and with no other', () => {
    const refused = { refused: 'InvalidToken' };
    expect(answer.read).toEqual(texts.map((text) => [text, text, refused, refused]));
  });

  it('we read what Python writes with any key of ours, and nothing that it writes with another', () => {
    for (const [index, text] of texts.entries()) {
      const [byCurrent = '', byRing = '', byOld = '', byForeign = ''] = answer.written[index] ?? [];
      for (const token of [byCurrent, byRing, byOld]) expect(fernets[1]?.decrypt(token)).toBe(text);
      expect(() => fernets[1]?.decrypt(byForeign)).toThrow('invalid token');
      expect(() => fernets[0]?.decrypt(byOld)).toThrow('invalid token');
    }
  });

  it('both write tokens of the same length', () => {
    const lengths = texts.map((text) => fernets[0]?.encrypt(text).length);
    expect(answer.written.map(([token]) => token?.length)).toEqual(lengths);
  });
});
