// What a provider's own answers look like, as data of the provider table: whatever has another shape was written by
// something in between, such as an edge, a proxy or a log-in page, and says nothing about a key.

type Kind = 'string' | 'array' | 'object' | 'boolean';
/** Path of a field (`error.message`; the empty path is the whole body) → what is there. An expression is for a string. */
export type Shape = Readonly<Record<string, Kind | RegExp>>;

export interface AnswerShapes {
  /** Of a 2xx. */
  readonly success: readonly Shape[];
  /** Of a 4xx. */
  readonly error: readonly Shape[];
}

/** OpenAI's, which most imitate. */
export const MODEL_LIST: Shape = { data: 'array' };
export const BARE_LIST: Shape = { '': 'array' };
export const OPENAI_ERROR: Shape = { 'error.message': 'string', 'error.type': 'string' };

/** Of a server that a user chose: anything that programs of this kind answer with. What it accepts is asked twice anyway. */
export const ENDPOINT_ANSWERS: AnswerShapes = {
  success: [{ '': 'object' }, BARE_LIST],
  error: [
    { 'error.message': 'string' },
    { error: 'string' },
    { message: 'string' },
    { detail: 'string' },
    { detail: 'object' },
    { detail: 'array' },
    { errors: 'array' },
    { msg: 'string' },
  ],
};

export const fits = (body: unknown, shapes: readonly Shape[]): boolean =>
  shapes.some((shape) => Object.entries(shape).every(([path, kind]) => isA(at(body, path), kind)));

/**
 * Whether the beginning of a body that went on can be that of a success: it cannot be parsed, so its first character
 * counts and, for an object, the name of a field that the shape asks for.
 */
export function beginningFits(text: string, shapes: readonly Shape[]): boolean {
  const start = text.trimStart();
  return shapes.some((shape) =>
    Object.entries(shape).every(([path, kind]) =>
      path === '' ? start.startsWith(kind === 'array' ? '[' : '{') : start.startsWith('{') && names(start, path),
    ),
  );
}

const names = (text: string, path: string): boolean =>
  path.split('.').every((field) => text.includes(`"${field}":`) || text.includes(`"${field}" :`));

const isA = (value: unknown, kind: Kind | RegExp): boolean => {
  if (kind instanceof RegExp) return typeof value === 'string' && kind.test(value);
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
};

const at = (body: unknown, path: string): unknown =>
  path === '' ? body : path.split('.').reduce((value, name) => field(value, name), body);

export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `application/json`, `text/json` and everything `+json`, whatever the letter case and the parameters. */
export const isJsonType = (contentType: string | undefined): boolean =>
  /^(?:application|text)\/(?:[\w.-]+\+)?json$/i.test(essence(contentType));

/** What an answer is, in a word from a fixed list: a server may write anything into the header, the key included. */
export function kindOfContent(contentType: string | undefined, text: string): string {
  const type = essence(contentType);
  if (text.trim() === '') return 'an empty body';
  if (/^(?:text\/html|application\/xhtml\+xml)$/i.test(type) || /^\s*<(?:!doctype html|html|head|body)\b/i.test(text))
    return 'HTML';
  if (isJsonType(contentType)) return parseJson(text) === undefined ? 'broken JSON' : 'JSON of another kind';
  if (/^(?:application|text)\/(?:[\w.-]+\+)?xml$/i.test(type)) return 'XML';
  if (/^text\/plain$/i.test(type)) return 'plain text';
  return type === '' ? 'something without a content type' : 'something that is not JSON';
}

const essence = (contentType: string | undefined): string => (contentType ?? '').split(';')[0]?.trim() ?? '';
