// Keys that must turn up nowhere but at their provider, and a search for them in every spelling.
import { randomBytes, randomInt } from 'node:crypto';
import { PROVIDERS } from '../../../src/providers/provider-table.ts';
import { BEHAVIOURS } from '../providers/fake-provider-behaviours.ts';

export interface Canary {
  readonly provider: string;
  readonly key: string;
  /** The middle of the key, of which nothing may be shown: masked keys show prefix, four characters and the last four. */
  readonly secret: string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const random = (length: number, alphabet: string): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
const SHAPES: readonly (() => string)[] = [
  () => random(20, LETTERS),
  () => random(20, `${LETTERS}+/=~!$,;:@%^`),
  () => randomBytes(10).toString('hex'),
  () => random(20, '0123456789'),
];

/**
 * Half look like a key of their provider and say how it behaves; half are random characters, and too few of them for
 * the log's scrub to recognise: nothing may depend on that.
 */
export function createCanaries(count: number): Canary[] {
  const providers = [...PROVIDERS.values()];
  return Array.from({ length: count }, (_, index) => {
    const { id, prefix } = providers[index % providers.length] ?? { id: 'openai', prefix: 'sk-' };
    const secret = (SHAPES[Math.floor(index / 2) % SHAPES.length] ?? SHAPES[0])?.() ?? '';
    const behaviour = BEHAVIOURS[Math.floor(index / 2) % BEHAVIOURS.length];
    const start = index % 2 === 0 ? `${prefix ?? 'key-'}${behaviour}-` : random(4, LETTERS);
    return { provider: id, secret, key: `${start}${secret}${index % 2 === 0 ? '-' : ''}${random(4, LETTERS)}` };
  });
}

/** @returns how each canary that is in the text is spelled there: `openai … hex`. */
export function findCanaries(canaries: readonly Canary[], text: string): string[] {
  return canaries.flatMap(({ provider, secret, key }) =>
    [...spellings(secret)]
      .filter(([, spelling]) => text.includes(spelling))
      .map(([name]) => `${provider} ${key} as ${name}`),
  );
}

function spellings(secret: string): Map<string, string> {
  // Twelve characters are enough to be sure, and few enough to notice a key that was cut short.
  const middle = secret.slice(6, 18);
  const hex = Buffer.from(middle).toString('hex');
  const base64 = [0, 1, 2].map((offset) => {
    // What stands before the secret shifts it; the characters at both ends depend on the neighbours.
    const encoded = Buffer.from(`${'x'.repeat(offset)}${middle}`).toString('base64');
    return encoded.slice(offset === 0 ? 0 : offset + 1, -4);
  });
  return new Map([
    ['plain', middle],
    ['url', encodeURIComponent(middle)],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...base64.flatMap((text, offset): [string, string][] => [
      [`base64 at ${offset}`, text],
      [`base64url at ${offset}`, text.replaceAll('+', '-').replaceAll('/', '_')],
    ]),
  ]);
}
