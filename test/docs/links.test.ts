// Links lead somewhere, and decisions can be found from the code and from their list.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, markdownFiles, readDocument } from './markdown.ts';

const WIDTH = 120;
const LINK = String.raw`\[\d{4}\]\(\d{4}-[\w-]+\.md\)`;
/** Third line of a decision. */
const STATUS = new RegExp(`^Status: (?:Accepted|(?:Amended|Superseded) by ${LINK}(?:(?:, ${LINK})* and ${LINK})?)$`);
/** Files whose text is wrapped by hand elsewhere. */
const WRAPPED = /^(?:README\.md|CHANGELOG\.md|docs\/.*)$/;

describe('links in the documentation', () => {
  it.each(markdownFiles())('%s leads to files and headings that exist', (path) => {
    const broken = readDocument(path).links.filter((link) => !resolves(path, link));
    expect(broken).toEqual([]);
  });

  it('finds the documents that the README promises', () => {
    const links = readDocument('README.md').links.map((link) => normalize(link));
    for (const path of globSync('docs/*.md')) expect(links, path).toContain(path);
  });

  it('keeps text within 120 columns, for reading it in a terminal', () => {
    const long = documents()
      .filter(({ path }) => WRAPPED.test(path))
      .flatMap(({ path, lines }) =>
        lines
          .filter(({ text }) => text.length > WIDTH && !/^\s*(?:\||!\[|<)/.test(text))
          .map(({ number }) => `${path}:${number}`),
      );
    expect(long).toEqual([]);
  });
});

describe('decisions', () => {
  const files = globSync('docs/adr/[0-9]*.md').sort();

  it('have a status, which their list repeats', () => {
    const list = readFileSync('docs/adr/README.md', 'utf8');
    const numberOf = (file: string) => basename(file).slice(0, 4);
    for (const file of files) {
      const [, blank, line = ''] = readFileSync(file, 'utf8').split('\n');
      expect([file, blank, line]).toEqual([file, '', expect.stringMatching(STATUS)]);
      const status = line.replace('Status: ', '').replaceAll(/\[(\d{4})\]\(\1-[\w-]+\.md\)/g, '$1');
      expect(list.split('\n').find((row) => row.includes(basename(file)))).toMatch(new RegExp(` \\| ${status} \\|$`));
      // Only what was decided later can change a decision.
      const earlier = (status.match(/\d{4}/g) ?? []).filter((number) => number <= numberOf(file));
      expect([file, earlier]).toEqual([file, []]);
    }
  });

  it('are numbered without gaps, and say context, decision and consequences', () => {
    expect(files.map((file) => basename(file).slice(0, 4))).toEqual(
      files.map((_, index) => String(index + 1).padStart(4, '0')),
    );
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(text).toMatch(new RegExp(`^# ${basename(file).slice(0, 4)}: `));
      expect([...text.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual([
        'Context',
        'Decision',
        'Consequences',
      ]);
    }
  });

  it('are all in their list', () => {
    const listed = readDocument('docs/adr/README.md').links;
    expect(listed.filter((link) => /^\d/.test(link))).toEqual(files.map((file) => basename(file)));
  });

  it('that the code refers to exist', () => {
    for (const path of globSync('{src,scripts,test,bench}/**/*.{ts,mjs}')) {
      for (const [, number = ''] of readFileSync(path, 'utf8').matchAll(/\bADR (\d{4})\b/g))
        expect(
          files.filter((file) => basename(file).startsWith(number)),
          `${path}: ADR ${number}`,
        ).toHaveLength(1);
    }
  });
});

function resolves(from: string, link: string): boolean {
  // Other hosts are not asked: a test must not depend on them.
  if (/^(?:https?|mailto):/.test(link)) return true;
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(path)) return false;
  return anchor === undefined || (path.endsWith('.md') && readDocument(path).anchors.has(anchor));
}
