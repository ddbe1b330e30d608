// An answer as it is recorded: status, headers and body, with what varies from run to run taken out.
import { createHash } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Reply } from './http-call.ts';
import type { Normalise } from './normalise.ts';
import type { Json } from './recording.ts';

/** Texts beyond this are recorded by their hash. */
const LONGEST_LINES = 3000;

export interface AnswerOptions {
  readonly normalise: Normalise;
  /** A file of the page: what is in it depends on how it is built, and is not of the wire. */
  readonly built: boolean;
}

export function recordAnswer({ status, headers, body }: Reply, { normalise, built }: AnswerOptions): Json {
  const named: Record<string, Json> = {};
  for (const [name, raw] of headers) {
    const value = headerOf(name, raw, { status, body, normalise, built });
    const before = named[name];
    named[name] = before === undefined ? value : [before, value].flat();
  }
  return { status, headers: named, body: bodyOf(headers, body, normalise, built) };
}

function headerOf(
  name: string,
  value: string,
  { status, body, normalise, built }: AnswerOptions & { status: number; body: Buffer },
): string {
  // Ids are of different lengths.
  if (name === 'content-length' && (built || Number(value) === body.length)) return '<length of the body>';
  // The time at which a package was installed, and the size of its file.
  if (name === 'etag' && value.startsWith('W/')) return 'W/"<size and time of a file>"';
  if (name === 'etag' && built) return value.replace(/[0-9a-f]{16}/, '<hash>');
  return normalise.header(name, value, status);
}

function bodyOf(headers: Reply['headers'], body: Buffer, normalise: Normalise, built: boolean): Json {
  if (body.length === 0) return null;
  const header = (wanted: string): string => headers.find(([name]) => name === wanted)?.[1] ?? '';
  const plain = header('content-encoding') === 'br' ? brotliDecompressSync(body) : body;
  if (built) return `<a file of the page${plain === body ? '' : ', compressed'}>`;
  const type = header('content-type');
  if (type === '' || !/json|text|javascript|css|html|xml|yaml/.test(type)) return { sha256: hashOf(plain) };
  const text = plain.toString('utf8');
  if (/\bjson\b/.test(type) && !type.includes('ndjson')) return { json: normalise(withSchemasInOrder(jsonOf(text))) };
  if (type.includes('yaml')) return { yaml: normalise(withSchemasInOrder(parse(text) as Json)) };
  if (type.includes('version=0.0.4') || type.includes('openmetrics')) return { series: normalise(seriesOf(text)) };
  const lines = text.split('\n');
  return lines.length > LONGEST_LINES || text.length > 200_000
    ? { sha256: hashOf(plain) }
    : {
        lines: normalise(
          type.includes('csv') ? lines.map(withoutSeq) : type.includes('ndjson') ? lines.map(jsonOf) : lines,
        ),
      };
}

/** In an OpenAPI document the order of schemas says which module was loaded first, and nothing to a reader. */
function withSchemasInOrder(document: Json): Json {
  if (typeof document !== 'object' || document === null || !('components' in document)) return document;
  const { components } = document as { readonly components: { readonly schemas: Record<string, Json> } };
  const schemas = Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The first column is the number of the row. */
const withoutSeq = (line: string): string => line.replace(/^\d+,/, '<varies>,');

/** Names and labels of metrics, not their values. What Node measures of itself comes and goes by its labels. */
function seriesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const series = lines.flatMap((line) => {
    if (line.startsWith('#')) return line;
    const name = /^[^ ]*?\{.*\}|^[^ ]+/.exec(line)?.[0] ?? line;
    const [family = ''] = name.split('{');
    if (/^(?:nodejs|process)_/.test(name)) return family;
    const [bound = ''] = /\ble="[^"]*"/.exec(name) ?? [];
    // The bounds of a histogram once, not for each combination of labels.
    return bound === '' ? name : [`${family}{${bound}}`, name.replace(`${bound},`, '').replace(bound, '')];
  });
  return [...new Set(series)].sort();
}
