// Takes out of log lines whatever looks like a secret. The last resort: nothing should have put one there.

type Rule = readonly [RegExp, string | ((match: string) => string)];

/** Not within a word. What a percent or backslash escape ends with (`key%3Dsk-…`, `\nsk-…`) is no part of a word. */
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt]))`;
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const SECRET_NAME = [
  '(?:proxy-)?authorization',
  '(?:set-)?cookie',
  '(?:x-)?(?:goog-)?(?:api[-_]?)?key',
  'encryption[-_]?key',
  '(?:client[-_]?)?secret',
  'pass(?:word|phrase)',
  '(?:(?:access|refresh|id)[-_]?)?token',
  'credentials?',
].join('|');

/** The values of fields with such names, in JSON. */
const FIELDS: Rule = [
  new RegExp(`"(${SECRET_NAME})"\\s*:\\s*(?:${QUOTED}|\\[(?:${QUOTED},?)*\\])`, 'gi'),
  '"$1":"[secret]"',
];

// Linear expressions only: no two parts of one can share out the same characters in more than one way, and none goes
// over the same characters again from each of many beginnings.
const RULES: readonly Rule[] = [
  FIELDS,
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, '[private key]'],
  [/\b((?:x-)?(?:goog-)?api-key\s*:)\s*[^\s",;]{4,}/gi, '$1 [secret]'],
  [
    /((?:x-)?api[-_]?key|(?:access|refresh|id)_token|client_secret|password|session(?:_token)?)=[^\s"'&;,]{4,}/gi,
    '$1=[secret]',
  ],
  // Words such as "Bearer authentication" are no credential: that has a digit, a sign or a capital within.
  [/\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s+(?=[^\s"',;]*(?:\d|[a-z][A-Z]|[!@#$%^&*+/~]))[^\s"',;]{8,}/g, '$1 [secret]'],
  [/:\/\/[^/\s:@"]{0,256}:[^/\s"]{1,256}@/g, '://[secret]@'],
  [new RegExp(`${START}gAAAA[A-Za-z0-9_-]{16,}={0,2}`, 'g'), '[token]'],
  [new RegExp(`${START}(?<![_-])eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]+)+`, 'g'), '[jwt]'],
  [
    new RegExp(
      `${START}(?:c?sk[-_]|gsk_|hf_|pplx-|xai-|nvapi-|r8_|tgp_)[A-Za-z0-9_-]{6,}(?:[.~+/=][A-Za-z0-9_-]+)*`,
      'gi',
    ),
    '[secret]',
  ],
  // Keys without a prefix. A digest that is meant to be read has one: `sha256:`. So has the id of a trace.
  [
    /sha256:[0-9a-f]{64}|"trace_id":"[0-9a-f]{32}"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{32,}/g,
    (run) => (looksRandom(run) ? '[secret]' : run),
  ],
];

/** Letters and digits thrown together: not a name, a UUID, a host name or words with hyphens. */
function looksRandom(run: string): boolean {
  if (run.startsWith('sha256:') || run.startsWith('"trace_id"')) return false;
  // Nothing but digits: a hexadecimal key, in hexadecimal once more.
  if (/^\d+$/.test(run)) return true;
  if (isTextInBase64(run)) return true;
  const bothCases = /[a-z]/.test(run) && /[A-Z]/.test(run);
  if (bothCases && (changesOf(run) >= 4 || kindChangesOf(run) >= run.length * 0.4)) return true;
  return run.split(/[-_]/).some((part) => part.length >= 20 && changesOf(part) >= 3);
}

/** Of 24 bytes or more hardly ever all are printable by chance: words and names in base64's letters are not. */
const isTextInBase64 = (run: string): boolean => /^[\x20-\x7e]+$/.test(Buffer.from(run, 'base64').toString('latin1'));

/** How often a letter follows a digit or the other way round. */
const changesOf = (text: string): number => (text.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length;

/** How often capitals, small letters, digits and signs take turns. What is in base64 may have hardly a digit. */
const kindChangesOf = (text: string): number => (text.match(/[A-Z]+|[a-z]+|\d+|[_-]+/g) ?? []).length - 1;

/**
 * The line of a request, field by field, with room for nothing else: by far the most frequent one, and the search for
 * secrets in it would cost as much as the rest of a cached answer's log line.
 */
const REQUEST_LINE =
  /^\{"level":"info","time":"[\dT:.Z-]{24}","reqId":"[a-z0-9]{1,8}-[a-z0-9]{1,12}","method":"[A-Z]{3,8}","route":"[A-Za-z0-9/:.*_-]{1,80}","status":\d{3},"ms":[\d.]{1,12},"address":"[\d.a-f:]{2,45}"(?:,"user":"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}")?(?:,"trace_id":"[\da-f]{32}")?,"msg":"request"\}\n$/;

/**
 * @param line a line of JSON, as the logger writes it, or any other text.
 * @returns the line without secrets. JSON stays JSON: only the contents of strings change.
 */
export function scrub(line: string): string {
  if (REQUEST_LINE.test(line)) return line;
  // Escapes would hide where a word begins: `\nsk-…` reads as a word that begins with n. They are undone first.
  const document = line.includes('\\') ? parse(line) : undefined;
  if (document === undefined) return scrubText(line);
  const scrubbed = replace(JSON.stringify(scrubStrings(document.value)), FIELDS);
  return line.endsWith('\n') ? `${scrubbed}\n` : scrubbed;
}

const replace = (text: string, [shape, by]: Rule): string =>
  typeof by === 'string' ? text.replace(shape, by) : text.replace(shape, by);
const scrubText = (text: string): string => RULES.reduce(replace, text);

function parse(line: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return undefined;
  }
}

function scrubStrings(value: unknown): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (Array.isArray(value)) return value.map(scrubStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [scrubText(name), scrubStrings(inner)]));
}
