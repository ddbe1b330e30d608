// What people paste where a key belongs: a key with something around it, or no key at all. The page takes off what this
// finds and says so, the service refuses it: both use this file, so it imports nothing (see ADR 0030).

export interface PastedKey {
  /** What is left of the text without all that certainly does not belong to the key. */
  readonly key: string;
  /** What was taken off, each as the end of "without …": "the quotes around it". */
  readonly removed: readonly string[];
  /** Where what is left is no key: what it is, and what to do. Nothing of the text is in it. */
  readonly problem: string | undefined;
}

interface PasteOptions {
  /** How keys of providers begin: what follows a name and begins so is a key. */
  readonly prefixes?: readonly string[];
  /** Keys may look like anything that can be printed: nothing but invisible characters and space around it is taken off. */
  readonly anything?: boolean;
}

export const MASKED =
  'This is a masked key, not the key itself. Use the whole key; if you no longer have it, create a new one.';

export function readPastedKey(text: string, { prefixes = [], anything = false }: PasteOptions = {}): PastedKey {
  const steps = anything ? BLANKS : [...BLANKS, ...wrappings(prefixes)];
  const removed = new Set<string>();
  let key = text;
  let before: string | undefined;
  for (let layers = 0; before !== key && layers < MOST_LAYERS; layers += 1) {
    // What only names a key is left as it was written: its brackets belong to it.
    if (!anything && REFERENCE.test(key)) break;
    before = key;
    for (const step of steps) {
      const found = step(key);
      if (found === undefined) continue;
      key = found.rest;
      removed.add(found.what);
    }
  }
  return { key, removed: [...removed], problem: problemOf(key, anything, removed.size > 0) };
}

/** "the quotes around it, the comma after it and …" */
export const listed = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter(Boolean).join(' and ');

/** Nobody wraps a key in more; what is left then is no key. */
const MOST_LAYERS = 10;

/** Takes one thing off. None looks at a text more than once or twice: it may be long, and made to take time. */
type Step = (text: string) => { rest: string; what: string } | undefined;

const without =
  (pattern: RegExp, what: string): Step =>
  (text) => {
    const rest = text.replace(pattern, '');
    return rest === text ? undefined : { rest, what };
  };

/** Takes these characters off both ends. */
const peeling =
  (starts: string, ends: string, what: string): Step =>
  (text) => {
    let [from, to] = [0, text.length];
    while (from < to && starts.includes(text.charAt(from))) from += 1;
    while (from < to && ends.includes(text.charAt(to - 1))) to -= 1;
    return to - from === text.length ? undefined : { rest: text.slice(from, to).trim(), what };
  };

const QUOTES = `"'\`´“”„‟‘’‚‛«»‹›＂＇`;
const NAME_BEFORE = 'the name before it';
const VARIABLE_BEFORE = 'the variable’s name before it';

const BLANKS: readonly Step[] = [
  // Control characters but for those that break lines, and whatever is drawn as nothing: U+200B, U+FEFF, U+00AD, …
  without(/(?![\t-\r])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, 'the invisible characters in it'),
  (text) => (text === text.trim() ? undefined : { rest: text.trim(), what: 'the spaces or line breaks around it' }),
];

const wrappings = (prefixes: readonly string[]): readonly Step[] => [
  peeling('', ',', 'the comma after it'),
  peeling('', ';', 'the semicolon after it'),
  peeling('', '\\', 'the backslash after it'),
  without(/(?<=[A-Za-z0-9])\.$/, 'the full stop after it'),
  without(/(?:%(?:0[9AD]|20))+$/i, 'the encoded space or line break after it'),
  peeling('?&', '&', 'what belongs to a web address'),
  (text) => withoutComment(text, prefixes),
  without(/^(?:-H|--header)[\s=]+/, 'the option before it'),
  without(/^[-*•–]\s+/, 'the list mark before it'),
  peeling(`\\${QUOTES}`, `\\${QUOTES}`, 'the quotes around it'),
  peeling('<({[', '>)}]', 'the brackets around it'),
  without(/^(?:setx|setenv|env|set\s+-\w+)\s+[A-Za-z_]\w*\s+(?=\S)/i, VARIABLE_BEFORE),
  without(
    /^(?:export|set|env|declare|local|const|let|var)\s+(?:-\w+\s+)?[A-Za-z_]\w*\s*=\s*(?=[^=\s])/i,
    VARIABLE_BEFORE,
  ),
  without(/^\$env:\w+\s*=\s*/i, VARIABLE_BEFORE),
  (text) => withoutName(text, prefixes),
  without(/^bearer\s+/i, 'the word “Bearer” before it'),
  without(/^(?:authorization|token|basic|api[- ]?key|key)\s+(?=\S+$)/i, NAME_BEFORE),
];

// In words ("My OpenAI key"), or in one piece: two settings in a row are not a name and its value.
const NAMED = /^((?:[A-Za-z]{1,20} ){1,5}[A-Za-z]{1,20}|[\w.\-"'`[\]()$@]{1,80}?)\s*(=>|:=|=|:)(\s*)(?=[^=\s])/;
/** Names of what is secret end so, and those of environment variables are written so. */
const SECRET_NAME = /(?:key|token|secret|bearer|authorization|password|credential)s?[\W_]*\d*[\W_]*$/i;
const VARIABLE_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const HEADER_NAME = /^(?:proxy-authorization|authorization|api-key|x-[\w-]+)$/i;

/** Keys of some providers have a colon or an equals sign in them: only what is certain to be a name counts as one. */
function withoutName(text: string, prefixes: readonly string[]): ReturnType<Step> {
  const [whole = '', name = '', sign, space = ''] = NAMED.exec(text) ?? [];
  const rest = text.slice(whole.length);
  const isName =
    SECRET_NAME.test(name) ||
    VARIABLE_NAME.test(name) ||
    space !== '' ||
    QUOTES.includes(rest.charAt(0)) ||
    prefixes.some((prefix) => rest.startsWith(prefix));
  if (whole === '' || !isName) return undefined;
  if (HEADER_NAME.test(name)) return { rest, what: 'the header’s name' };
  return { rest, what: sign === ':' || sign === '=>' ? NAME_BEFORE : VARIABLE_BEFORE };
}

/** Behind a space, or behind what begins as a key and has only characters of keys in it. */
function withoutComment(text: string, prefixes: readonly string[]): ReturnType<Step> {
  const at = text.indexOf('#');
  const rest = text.slice(0, at);
  const ends = /\s$/.test(rest) || (prefixes.some((prefix) => rest.startsWith(prefix)) && /^[\w-]{16,}$/.test(rest));
  return at > 0 && ends ? { rest: rest.trim(), what: 'the comment after it' } : undefined;
}

function problemOf(key: string, anything: boolean, changed: boolean): string | undefined {
  const [, problem] = (anything ? [] : PROBLEMS).find(([looksSo]) => looksSo(key)) ?? [];
  if (problem !== undefined) return problem;
  if (changed && key === '') return 'There is no key in this text.';
  if (changed && !anything && LEFTOVERS.test(key))
    return 'There is more here than one key. Copy the key alone, in one piece.';
  if (/\s/.test(key)) return 'There is a space or a line break inside the key. Copy it again, in one piece.';
  if (!/^[\x21-\x7e]*$/.test(key))
    return 'There is a character in it that keys do not have, such as a long dash or an accent. Copy the key again.';
  return undefined;
}

const LEFTOVERS = new RegExp(`[\\s,;<>{}${QUOTES}]`);

/** With its brackets, whatever they are. */
const REFERENCE = new RegExp(
  [
    String.raw`^\W?(?:\$\{?\w+(?::[\w-]*)?\}?|%\w+%|\$?\{\{[^{}]*\}\}|\$\([^)]*\)|\$env:\w+)\W?$`,
    String.raw`^(?:process\.env|import\.meta\.env|os\.environ|os\.getenv|Deno\.env|ENV)\b[.[(][\w."'\])(]+$`,
    // The whole of a variable's name, and nothing else.
    '^(?!YOUR|MY)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET)$',
  ].join('|'),
);
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/|^(?:[a-z0-9-]+\.)+(?:ai|app|cloud|co|com|dev|io|net|org|xyz)(?:[/?#]|$)/i;

/** Words between slashes: what is random begins with none of these folders. */
const PATH =
  /^(?:~|\.{1,2}|\$\w+)[\\/]|^\/(?:app|data|etc|home|mnt|opt|private|root|run|secrets?|srv|tmp|Users|usr|var)\/|^[A-Za-z]:\\/;
const EMAIL = /^[^\s@:/]+@(?:[a-z0-9-]+\.)+[a-z]{2,}$/i;

const PROBLEMS: readonly (readonly [looksSo: (text: string) => boolean, problem: string])[] = [
  [(text) => /^-+BEGIN /.test(text), 'This is a certificate or the key of one, not an API key.'],
  [isMask, MASKED],
  [(text) => REFERENCE.test(text), 'This is the name of a variable, not the key in it. Use the key itself.'],
  [(text) => ADDRESS.test(text), 'This is a web address, not a key. Open it, create a key there, and use that.'],
  [(text) => PATH.test(text), 'This is the name of a file, not the key in it. Use the key itself.'],
  [(text) => EMAIL.test(text), 'This is an email address, not a key. Use the key itself.'],
  [isPlaceholder, 'This is a placeholder, not a key. Use your own key.'],
];

/** The middle is hidden: by dots, stars, bullets, a word in brackets, or a run of what no provider's keys have. */
function isMask(text: string): boolean {
  if (/\.{3}|\*{2}|[…•●∙⋯·⬤■█▪◦＊]|([#?~^@$%!&|])\1{3}|[_-]{6}|x{8}/i.test(text)) return true;
  if (/[[<({](?:redacted|hidden|masked|removed|secret|filtered|snip(?:ped)?)[\])}>]/i.test(text)) return !isAlone(text);
  if (/^([^A-Za-z0-9\s])\1{3,}$/.test(text) || (text.length <= SHORT && /x{4}|[_-]{4}/i.test(text))) return true;
  return text.length < 200 && /^(?:[a-wyz0-9]{1,8}[-_])*[x_-]*x{4}[x_-]*$/i.test(text);
}

/** Keys are longer, so that what is common in masks has no place in one by chance. */
const SHORT = 32;
/** Nothing but the word in brackets: a placeholder. */
const isAlone = (text: string): boolean => /^[[<({]\w+[\])}>]$/.test(text);

// None is another two of them: a text is read in one way only.
const WORDS =
  'your|my|own|api|key|secret|token|here|goes|change|me|please|replace|with|this|insert|paste|enter|add|the|placeholder|' +
  'example|sample|dummy|fake|real|actual|redacted|hidden|undefined|null|none|value|string|text|openai|anthropic|groq|' +
  'huggingface|cohere|together|perplexity|custom|sk|ant|gsk|hf|pplx|proj|api03|v1';
const ONLY_WORDS = new RegExp(`^(?:(?:${WORDS})[\\W_]*)+$`, 'i');
const SAYS_SO =
  /your|change|replace|insert|paste|enter|here|placeholder|example|sample|dummy|fake|redacted|hidden|undefined|null|none/i;

function isPlaceholder(text: string): boolean {
  return text.length <= 80 && ONLY_WORDS.test(text) && SAYS_SO.test(text);
}
