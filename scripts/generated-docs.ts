// The parts of the documentation that come from the code: `npm run docs` writes them, a test holds them.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { VARIABLES } from '../src/config/variables.ts';
import { PERSON_PLACES } from '../src/erasure/person-places.ts';
import { PROVIDERS } from '../src/providers/provider-table.ts';
import { ERRORS } from '../src/shared/errors.ts';
import { attributeRows } from './documented-attributes.ts';
import { FLOWS } from './rooms/flows.ts';
import { COMMANDS, COMPOSITIONS, FLOORS } from './rooms/rooms.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const variables = (): string =>
  table(
    ['Variable', 'Default', 'What it is for'],
    Object.entries(VARIABLES).map(([name, variable]) => {
      const fallback = 'fallback' in variable && variable.fallback !== '' ? `\`${variable.fallback}\`` : '–';
      return [`\`${name}\``, fallback, `${variable.doc}${'secret' in variable ? ' Secret.' : ''}`];
    }),
  );

const errors = (): string =>
  table(
    ['Code', 'Status', 'Title', 'What it says (unless the case says it better)', 'Retry-After'],
    Object.entries(ERRORS).map(([code, row]) => [
      `\`${code}\``,
      String(row.status),
      row.title,
      row.detail,
      'retryAfter' in row ? `${row.retryAfter} s` : code === 'rate_limited' ? 'when the window ends' : '–',
    ]),
  );

const providers = (): string =>
  table(
    ['Id', 'Name', 'Keys begin with', 'Where to get a key'],
    [...PROVIDERS.values()].map(({ id, name, prefix, keyUrl }) => [
      `\`${id}\``,
      name,
      prefix === null ? '–' : `\`${prefix}\``,
      keyUrl ?? 'your own endpoint',
    ]),
  );

const attributes = (): string => table(['Attribute', 'Holds', 'Longest', 'Example', 'Written by'], attributeRows());

const people = (): string =>
  table(
    ['Place', 'Holds', 'Erased', 'Exported', 'Backed up'],
    PERSON_PLACES.map(({ place, holds, erased, exported, backedUp }) => [
      /^\w+\.\w+$/.test(place) ? `\`${place}\`` : place,
      holds,
      erased,
      exported,
      backedUp,
    ]),
  );

const rooms = (): string =>
  table(
    ['Room', 'What it is for'],
    [COMMANDS, COMPOSITIONS, ...FLOORS.flatMap((floor) => floor.rooms).toReversed()].map(({ name, purpose }) => [
      `[\`src/${name}\`](src/${name})`,
      purpose,
    ]),
  );

/** For docs/: links lead up one folder. */
const flows = (): string =>
  FLOWS.map(({ title, request, steps }) => {
    const list = steps.map(({ file, does, what }, index) => {
      const number = `${index + 1}. `;
      return `${number}[${file}](../src/${file})<br>\n${' '.repeat(number.length)}\`${does}\`: ${what}`;
    });
    return `### ${title}\n\n\`${request}\`\n\n${list.join('\n')}`;
  }).join('\n\n');

/** Name of the part → its text. A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. */
const PARTS: Readonly<Record<string, () => string>> = {
  variables,
  errors,
  providers,
  attributes,
  people,
  rooms,
  flows,
};
export const GENERATED_FILES: readonly string[] = [
  'CONTRIBUTING.md',
  'README.md',
  'docs/architecture.md',
  'docs/errors.md',
  'docs/guide.md',
  'docs/storage.md',
];

/** The file's text with every generated part brought up to date. */
export function regenerate(text: string): string {
  return text.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_match, start: string, name: string, end: string) => {
      const part = PARTS[name];
      if (part === undefined) throw new Error(`no generated part is called ${name}`);
      return `${start}\n${part()}\n${end}`;
    },
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const file of GENERATED_FILES) writeFileSync(file, regenerate(readFileSync(file, 'utf8')));
}
