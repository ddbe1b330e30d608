// What the troubleshooting guide quotes is what the code says, and whatever stops a start is in it.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/variables.ts';
import { readDocument } from './markdown.ts';

const GUIDE = 'docs/troubleshooting.md';
/** What the operating system or another program says. */
const NOT_OURS: ReadonlySet<string> = new Set(['EADDRINUSE', "ENOENT: no such file or directory, open '…'"]);

const SETTING = new RegExp(`^(?:${Object.keys(VARIABLES).join('|')}) `);

/** Source code with its texts as they come out: joined where they are split over lines, `…` for what is put in. */
function spoken(text: string): string {
  return text
    .replace(/['`]\s*\+\s*['`]/g, '')
    .replace(/\$\{(?:[^{}`]|`[^`]*`)*\}/g, '…')
    .replaceAll("\\'", "'")
    .replaceAll('\\`', '`');
}

const code = [...globSync(['src/**/*.ts', 'deploy/steps/*.sh']), 'deploy-byok.sh', 'scripts/install.mjs']
  .map((path) => spoken(readFileSync(path, 'utf8')))
  .join('\n');
const guide = readDocument(GUIDE);

/** Parts of a message between what is put in. A setting's name in front is put in too. */
const pieces = (message: string): string[] =>
  message
    .replace(SETTING, '')
    .split('…')
    .map((piece) => piece.replace(/^[\s.,:;')]+|[\s.,:;'(]+$/g, ''))
    .filter((piece) => piece.length > 3);

/** First cells of the tables under headings whose tables quote messages. */
function quotedMessages(): string[] {
  const quoting = /^#{2,3} (?:Configuration|Data|The realm|Something else|Commands|Deployment)$/;
  let isQuoting = false;
  const messages: string[] = [];
  for (const { text } of guide.lines) {
    if (text.startsWith('#')) isQuoting = quoting.test(text);
    const [, , message] = /^\| (`+)(.+?)\1(?!`) /.exec(text) ?? [];
    if (isQuoting && message !== undefined) messages.push(message.trim());
  }
  return messages;
}

describe('messages in the troubleshooting guide', () => {
  const messages = quotedMessages().filter((message) => !NOT_OURS.has(message));

  it('are many', () => {
    expect(messages.length).toBeGreaterThan(40);
  });

  it.each(messages)('%s', (message) => {
    expect(pieces(message).filter((piece) => !code.includes(piece))).toEqual([]);
  });

  it('include every problem of the configuration as a whole', () => {
    const checks = spoken(readFileSync('src/config/config-checks.ts', 'utf8'));
    const problems = [...checks.matchAll(/yield (['`])(.*?)\1;/g)].map((match) => match[2] ?? '');
    expect(problems.length).toBeGreaterThan(15);
    expectInGuide(problems);
  });

  it('include everything else that stops a start or a command', () => {
    const problems = [...code.matchAll(/new StartupProblem\(\s*(['`])(.*?)\1/g)].map((match) => match[2] ?? '');
    expect(problems.length).toBeGreaterThan(8);
    expectInGuide(problems);
  });

  it('include every reason to refuse a realm', () => {
    const check = spoken(readFileSync('src/keycloak/keycloak-realm-check.ts', 'utf8'));
    const problems = [...check.matchAll(/\brefuse\(\s*(['`])(.*?)\1/g)].map((match) => match[2] ?? '');
    expect(problems.length).toBeGreaterThan(3);
    expectInGuide(problems);
  });
});

/** The longest piece of each: what an operator would look for. */
function expectInGuide(problems: readonly string[]): void {
  const longest = problems.map((problem) => pieces(problem).sort((a, b) => b.length - a.length)[0] ?? '');
  expect(longest.filter((piece) => !guide.text.includes(piece))).toEqual([]);
}
