// Reads the project's Markdown as far as its tests need it: blocks of code, code within text, headings and links.
import { globSync, readFileSync } from 'node:fs';

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Text of the HTML comment in front of it, if there is one. */
  readonly comment: string | undefined;
  /** The block that follows under the same heading, if there is one. */
  readonly next: Block | undefined;
}

export interface Document {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Lines outside blocks of code, with their numbers. */
  readonly lines: readonly { readonly number: number; readonly text: string }[];
  /** What stands in backticks outside blocks. */
  readonly spans: readonly string[];
  /** Names that links can end in, as GitHub makes them of headings. */
  readonly anchors: ReadonlySet<string>;
  /** Addresses of links and images. */
  readonly links: readonly string[];
}

/** Every Markdown file of the project, from its top folder. */
export const markdownFiles = (): string[] =>
  globSync('**/*.md', { exclude: (name) => /^(?:node_modules|dist|\.data|\.git)$/.test(name) }).sort();

export const documents = (): Document[] => markdownFiles().map(readDocument);

export function readDocument(path: string): Document {
  const text = readFileSync(path, 'utf8');
  const { blocks, lines } = split(text.split('\n'));
  const prose = lines.map((line) => line.text).join('\n');
  const spans = [...prose.matchAll(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g)].map((match) => (match[2] ?? '').trim());
  const plain = prose.replace(/(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, 'code');
  const links = [...plain.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
  return { path, text, blocks, lines, spans, anchors: anchorsOf(lines.map((line) => line.text)), links };
}

/** Everything that is code: spans, and the lines of blocks. */
export const codeOf = ({ spans, blocks }: Document): string[] => [
  ...spans,
  ...blocks.flatMap((block) => block.text.split('\n')),
];

interface Draft {
  language: string;
  text: string;
  line: number;
  comment: string | undefined;
  next: Block | undefined;
}

function split(all: readonly string[]): { blocks: Block[]; lines: { number: number; text: string }[] } {
  const blocks: Draft[] = [];
  const lines: { number: number; text: string }[] = [];
  let open: { draft: Draft; indent: number; content: string[] } | undefined;
  let last: Draft | undefined;
  let comment: string | undefined;
  for (const [index, text] of all.entries()) {
    const [, indent = '', language] = /^( *)```(\w*)/.exec(text) ?? [];
    if (open !== undefined) {
      if (language === undefined) open.content.push(text.slice(open.indent));
      else {
        open.draft.text = open.content.join('\n');
        if (last !== undefined) last.next = open.draft;
        last = open.draft;
        open = undefined;
      }
    } else if (language !== undefined) {
      const draft = { language, text: '', line: index + 1, comment, next: undefined };
      blocks.push(draft);
      open = { draft, indent: indent.length, content: [] };
      comment = undefined;
    } else {
      lines.push({ number: index + 1, text });
      if (text.startsWith('#')) last = undefined;
      if (text.trim() !== '') comment = /^<!-- (.*) -->$/.exec(text.trim())?.[1];
    }
  }
  return { blocks, lines };
}

/** GitHub's rule: small letters, no punctuation, hyphens for blanks, a number on what is there already. */
function anchorsOf(lines: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const line of lines) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}
