// Keys of providers, wherever in a line they stand: the scrub takes all of them out.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/telemetry/pino-scrub.ts';
import { base64, line, random } from './log-line.ts';

/** What providers issue, by whom. */
const KEYS: Readonly<Record<string, () => string>> = {
  'OpenAI, old': () => `sk-${random(48)}`,
  'OpenAI, project': () => `sk-proj-${random(20)}_${random(20)}-${random(20)}`,
  Anthropic: () => `sk-ant-api03-${random(40)}-${random(40)}AA`,
  OpenRouter: () => `sk-or-v1-${randomBytes(32).toString('hex')}`,
  HuggingFace: () => `hf_${random(34)}`,
  Perplexity: () => `pplx-${random(48)}`,
  Groq: () => `gsk_${random(52)}`,
  xAI: () => `xai-${random(80)}`,
  Cerebras: () => `csk-${random(48)}`,
  'short, with a prefix': () => 'sk-1234567',
  'short, with a longer prefix': () => 'csk-1234567',
  'short, in upper case': () => 'SK-ABCDEFG',
  'upper case': () => `SK-${random(40).toUpperCase()}`,
  'Cohere, 40 characters without a prefix': () => `a7K2${random(32)}9xQ4`,
  'Together AI, 64 hexadecimal digits': () => `0a1b2c${randomBytes(29).toString('hex')}`,
  'a random key in base64url': () => `a-K2x_${randomBytes(32).toString('base64url')}7Q`,
};
const SURROUNDINGS: Readonly<Record<string, (key: string) => string>> = {
  alone: (key) => key,
  'in a sentence': (key) => `the key ${key} was refused.`,
  'in brackets': (key) => `(${key})`,
  'after a colon': (key) => `key:${key}, next`,
  'after an underscore': (key) => `api_key_${key}`,
  'after an equals sign': (key) => `?api_key=${key}&x=1`,
  'after an encoded equals sign': (key) => `?q=api_key%3D${key}%26x`,
  'after a slash': (key) => `/v1/${key}/models`,
  'on a line of its own': (key) => `refused:\n${key}\nsee above`,
  'after a tab': (key) => `\t${key}`,
  'after a carriage return': (key) => `\r\n${key}\r\n`,
  'after a backslash': (key) => `C:\\${key}`,
  'after an odd and an even number of backslashes and a line break': (key) => `\\\n${key} \\\\\n${key}`,
  'after a control character': (key) => `\u0001${key}`,
  'in quotes': (key) => `"${key}"`,
  'in JSON in a text': (key) => JSON.stringify({ value: key, list: [key] }),
  'in JSON in JSON in a text': (key) => JSON.stringify({ body: JSON.stringify({ value: `refused:\n${key}` }) }),
  'as a bearer': (key) => `authorization: Bearer ${key}`,
};

describe('a key', () => {
  const table = Object.entries(KEYS).flatMap(([kind, make]) =>
    Object.entries(SURROUNDINGS).map(([place, around]) => [kind, place, make, around] as const),
  );

  it.each(table)('is taken out: %s, %s', (_kind, _place, make, around) => {
    const key = make();
    for (const value of [around(key), { deep: { deeper: [{ deepest: around(key) }] } }, { [around(key)]: 1 }]) {
      const scrubbed = scrub(line(value));
      // Not even a good part of it stays.
      for (let at = 0; at + 12 <= key.length; at += 1) expect(scrubbed).not.toContain(key.slice(at, at + 12));
      if (key.length < 12) expect(scrubbed).not.toContain(key.slice(3));
      expect(JSON.parse(scrubbed)).toMatchObject({ level: 'info', reqId: 'deadbeef-1z' });
      expect(scrubbed.endsWith('}\n')).toBe(true);
    }
    const text = scrub(around(key));
    expect(text).not.toContain(key.slice(3, 15));
  });

  it.each(Object.entries(KEYS).filter(([kind]) => !kind.startsWith('short')))(
    'is taken out in base64, in hexadecimal and encoded for a URL: %s',
    (_, make) => {
      const key = make();
      const spellings = [
        base64(key),
        base64(`user:${key}`),
        Buffer.from(key).toString('hex'),
        encodeURIComponent(`k=${key}`),
      ];
      for (const spelling of spellings)
        expect(scrub(line(`got ${spelling} there`))).not.toContain(spelling.slice(8, 28));
    },
  );
});

it('a key in base64 that has hardly a digit is taken out', () => {
  const spelling = 'YS1LMnhfOWppeTdMbzhUVWVwUUpWelViejRmbFdoRzdlOUVOMWlMNHBvMEZvVjdsNDdR';
  expect(scrub(line(`got ${spelling} there`))).not.toContain(spelling.slice(8, 28));
});

it('a key in base64 is taken out whatever it is made of', () => {
  const missed = ['U0stMEFZWkdLWVFFVFJGSEQxQzlXUEcwUzNCSTRNWlRCWUVMRDlMRlNTWA=='];
  for (let i = 0; i < 2000; i++) missed.push(base64(`SK-${random(40).toUpperCase()}`));
  const scrubbed = missed.filter((spelling) => scrub(line(`got ${spelling} there`)).includes(spelling.slice(8, 28)));
  expect(scrubbed).toEqual([]);
});
