// A key that nobody has, shaped like a real one: to find out whether a server looks at keys at all.
import { randomInt } from 'node:crypto';

/** What comes in front of keys, such as `sk-`; a server may check that much and no more. */
const LEAD = /^[A-Za-z]{1,8}[-_]/;
const FEWEST_RANDOM = 16;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ALPHABETS: readonly (readonly [RegExp, string])[] = [
  [/[a-z]/, LETTERS],
  [/[A-Z]/, LETTERS.toUpperCase()],
  [/[0-9]/, '0123456789'],
];

/**
 * Same beginning, same length (longer for short keys), same kinds of characters; nothing else of the key is in it.
 * @param prefix the provider's usual beginning, where it has one.
 */
export function junkKeyLike(key: string, prefix: string | null): string {
  const lead = prefix !== null && key.startsWith(prefix) ? prefix : (LEAD.exec(key)?.[0] ?? '');
  const rest = key
    .slice(lead.length)
    .replace(/[^A-Za-z0-9]/g, 'x')
    .padEnd(FEWEST_RANDOM, 'x');
  const random = Array.from(rest, (character) => {
    const alphabet = ALPHABETS.find(([kind]) => kind.test(character))?.[1] ?? LETTERS;
    return alphabet[randomInt(alphabet.length)] ?? 'x';
  });
  return lead + random.join('');
}
