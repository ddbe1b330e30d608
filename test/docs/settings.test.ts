// Whole files of settings in the documentation start the service, once their gaps are filled in.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check-config.ts';
import { documents } from './markdown.ts';

const KEY = `${randomBytes(32).toString('base64url')}=`;
const examples = documents().flatMap(({ path, blocks }) =>
  blocks.filter(({ comment }) => comment === 'settings in production').map(({ text, line }) => ({ path, line, text })),
);

/** As `docker run --env-file` reads it, with something for each `<…>`. */
function settingsOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return [name, value.replace(/<[^>]*>/, name === 'ENCRYPTION_KEY' ? KEY : 'example.com')];
    }),
  );
}

describe('settings in the documentation', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)('$path, line $line: a start in production takes them', ({ text }) => {
    expect(checkConfig({ NODE_ENV: 'production', ...settingsOf(text) }).findings).toEqual([]);
  });
});
