// What two runs of the same code may answer differently, and what it is recorded as. All of it stands here, with its reason.
import type { Json } from './recording.ts';

interface TextRule {
  readonly why: string;
  readonly pattern: RegExp;
  readonly to: string | ((match: string) => string);
}

const DAY_MS = 86_400_000;
/** A time of this run. Others, such as those that the list of requests writes, stay as they are. */
const isRecent = (text: string): boolean => Math.abs(Date.parse(text) - Date.now()) < 2 * DAY_MS;
/** Its form stays to be seen: how many digits, and whether it names a zone. */
const zeros = (text: string): string => text.replace(/\d/g, '0');

export const TEXT_RULES: readonly TextRule[] = [
  {
    why: 'times of the run',
    pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g,
    to: (time) => (isRecent(time) ? zeros(time) : time),
  },
  {
    why: 'days of the run: counters are by day',
    pattern: /\b\d{4}-\d\d-\d\d\b/g,
    to: (day) => (isRecent(day) ? '<day of the run>' : day),
  },
  {
    why: 'times of the run, as HTTP writes them',
    pattern: /\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b/g,
    to: (time) => (isRecent(time) ? '<time>' : time),
  },
  {
    why: 'names that are made up for events',
    pattern: /\b(?!0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
    to: '<UUID>',
  },
  {
    why: 'cookies hold random tokens',
    pattern: /\b((?:__Host-)?byok_session)=[A-Za-z0-9_-]{43}(?=;|$)/g,
    to: '$1=<random>',
  },
  {
    why: 'cookies of begun sign-ins are named by their state and encrypted',
    pattern: /\b((?:__Host-)?byok_sign_in)_[A-Za-z0-9_-]{11}=(?:[a-z0-9]+\.[A-Za-z0-9_-]+)?(?=;|$)/g,
    to: '$1_<state>=<random>',
  },
  {
    why: 'addresses at Keycloak carry random values of the sign-in',
    pattern: /([?&](?:state|nonce|code_challenge|session_state|code|id_token_hint)=)[^&"'\s]{20,}/g,
    to: '$1<random>',
  },
  { why: 'tokens that Keycloak signs', pattern: /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, to: '<JWT>' },
  {
    why: 'files of the page are named after their content, which is built',
    pattern: /\b(assets\/[A-Za-z][A-Za-z-]*?)-[A-Za-z0-9_-]{8}\.(js|css)\b/g,
    to: '$1-<hash>.$2',
  },
  { why: 'a limit ends some seconds from now', pattern: /\bTry again in \d+ s\b/g, to: 'Try again in <n> s' },
  {
    why: 'anchors of the audit log cover times and random salts',
    pattern: /\bsha256:[0-9a-f]{64}\b/g,
    to: 'sha256:<hash>',
  },
];

interface FieldRule {
  readonly why: string;
  /** Names of fields of JSON, or of headers. */
  readonly fields: readonly string[];
  readonly to: (value: Json) => Json;
}

const hide = (value: Json): Json => (value === null ? null : '<varies>');
export const FIELD_RULES: readonly FieldRule[] = [
  { why: 'measured times', fields: ['p50', 'p95', 'p99', 'lag_seconds'], to: hide },
  {
    why: 'what is left of the five minutes; none at all is another matter',
    fields: ['max_age_seconds'],
    to: (value) => (typeof value === 'number' && value > 240 ? '<nearly 300>' : value),
  },
  {
    why: 'a request of somebody else, such as Keycloak’s',
    fields: ['request_id'],
    to: (value) =>
      typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-z]+$/.test(value) ? '<request of another>' : value,
  },
  {
    why: 'sessions are named at random',
    fields: ['id'],
    to: (value) => (typeof value === 'string' && /^[A-Za-z0-9_-]{22}$/.test(value) ? '<session>' : value),
  },
  { why: 'where rows stand in the log: each row is recorded itself', fields: ['seq', 'next_cursor'], to: hide },
];

export const HEADER_RULES: readonly FieldRule[] = [
  { why: 'the time of the answer', fields: ['date'], to: () => '<time>' },
  {
    why: 'what is left of a limit that nobody reaches goes by the minute',
    fields: ['ratelimit-remaining'],
    to: (value) => (Number(value) > 1000 ? '<plenty>' : value),
  },
  { why: 'seconds of a limit, or since a record was read', fields: ['ratelimit-reset', 'age'], to: () => '<seconds>' },
];

/** Until a limit ends. Elsewhere the number is part of the contract. */
const LIMIT_RULE: FieldRule = { why: 'until a limit ends', fields: ['retry-after', 'refresh'], to: () => '<seconds>' };

export interface Normalise {
  (value: Json): Json;
  header(name: string, value: string, status: number): string;
}

export interface Known {
  /** What this run alone knows (ids of people, ports, tokens) → what it is recorded as. May grow meanwhile. */
  readonly words: ReadonlyMap<string, string>;
  /** Id of a request → its name in the list. */
  readonly requests: ReadonlyMap<string, string>;
}

export function createNormalise({ words, requests }: Known): Normalise {
  const replaceWords = createReplacer(words);
  const text = (value: string): string => {
    let result = replaceWords(value).replace(REQUEST_ID, (id) => {
      const name = requests.get(id);
      return name === undefined ? id : `<request: ${name}>`;
    });
    for (const { pattern, to } of TEXT_RULES)
      result = typeof to === 'string' ? result.replace(pattern, to) : result.replace(pattern, to);
    return result;
  };
  const deep = (value: Json): Json => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return (value as readonly Json[]).map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [text(name), byField(FIELD_RULES, name, deep(inner))]),
    );
  };
  return Object.assign(deep, {
    header: (name: string, value: string, status: number) =>
      String(byField(status === 429 ? [...HEADER_RULES, LIMIT_RULE] : HEADER_RULES, name, text(value))),
  });
}

const REQUEST_ID = /\b[0-9a-f]{8}-[0-9a-z]{1,6}\b/g;

const byField = (rules: readonly FieldRule[], name: string, value: Json): Json =>
  rules.find(({ fields }) => fields.includes(name))?.to(value) ?? value;

/** Longest first: one may be a part of another. Numbers (ports) only where they stand alone. */
function createReplacer(words: ReadonlyMap<string, string>): (text: string) => string {
  let pattern: RegExp | undefined;
  let size = 0;
  return (text) => {
    if (pattern === undefined || size !== words.size) {
      size = words.size;
      const escaped = [...words.keys()]
        .sort((a, b) => b.length - a.length)
        .map((word) => (/^\d+$/.test(word) ? `(?<!\\d)${word}(?!\\d)` : word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')));
      // Without words it matches nothing.
      pattern = new RegExp(escaped.join('|') || '(?!)', 'g');
    }
    return text.replace(pattern, (word) => words.get(word) ?? word);
  };
}
