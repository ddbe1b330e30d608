// What a provider's answer says about a key. Pure: no network, and nothing of the provider's own text is passed on,
// because providers echo parts of keys in it.
import type { ProbeResult, TestStatus } from './provider-probe.ts';
import type { ProbeRow } from './provider-table.ts';

export interface ProbeAnswer {
  readonly statusCode: number;
  /** The beginning of the body. */
  readonly text: string;
  /** Whether the body went on. */
  readonly truncated: boolean;
}

export interface Verdict extends ProbeResult {
  /** The answer may be the same for any key: ask with a junk key before believing it. */
  readonly doubtful: boolean;
}

/** Signs of what is behind an error, as found in the providers' codes, types and messages. Linear expressions. */
const SIGNS = {
  restricted: /missing scopes?|insufficient permissions/i,
  quota: /insufficient_quota|exceeded your current quota|credit_balance|credit balance|credit limit exceeded/i,
  badKey: /invalid_api_key|api_key_invalid|(?:invalid|incorrect) api key|api key not valid|invalid x-api-key/i,
  network:
    /unsupported_country|country, region|request not allowed|network settings|ip_not_authorized|ip not authorized/i,
  closed:
    /organization_restricted|account_deactivated|been deactivated|access_terminated|organization has been disabled/i,
  permission: /permissions?_error|permission_denied|permission_blocked/i,
} as const;
/** Error bodies are short; what comes after this much is not read for signs. */
const SIGNS_WITHIN = 16_384;

/** Status, reason and the rest of a sentence that begins with the name of whoever was asked. */
const VERDICTS = {
  ok: ['valid', 'ok', 'accepts the key'],
  restricted: ['valid', 'restricted', 'knows the key, but it is restricted and may not list models'],
  lacksPermission: ['valid', 'restricted', 'accepts the key, but calls will fail, because it lacks the permission'],
  rateLimited: ['valid', 'rate_limited', 'knows the key, but is limiting its requests right now'],
  quota: ['valid', 'quota', 'knows the key, but its quota or credit is used up'],
  billing: ['valid', 'billing', 'knows the key, but the account has a billing problem'],
  permission: ['valid', 'permission', 'knows the key, but does not let it list models'],
  noList: ['valid', 'ok', 'accepts the key, though it lists no models'],
  badKey: ['invalid', 'bad_key', 'refused the key: it is wrong, expired or revoked'],
  closed: ['invalid', 'permission', 'knows the key, but has closed or restricted its account'],
  network: ['unknown', 'cannot_verify', 'refuses this server’s network or region, so the key could not be checked'],
  cannotTell: ['unknown', 'cannot_verify', 'called the request bad, which says nothing about the key'],
  nothingThere: ['unknown', 'cannot_verify', 'has nothing at the address that would check the key'],
  anyKey: ['unknown', 'cannot_verify', 'is reachable, but answers any key alike, so the key cannot be verified'],
  notCompared: ['unknown', 'cannot_verify', 'is reachable, but whether it checks keys at all could not be found out'],
  providerError: ['error', 'provider_error', 'has a problem of its own right now; try again later'],
  notTheApi: [
    'error',
    'unexpected_answer',
    'did not answer as its API does; a web page or something else is in between',
  ],
  redirected: ['error', 'unexpected_answer', 'redirected elsewhere, which was not followed: the key went nowhere else'],
  unexpected: ['error', 'unexpected_answer', 'gave an answer that was not expected'],
} as const satisfies Record<string, readonly [TestStatus, string, string]>;
type Kind = keyof typeof VERDICTS;

/** @param name how the person knows whom was asked, e.g. "OpenAI" or "The endpoint". */
export function readAnswer(name: string, row: ProbeRow, answer: ProbeAnswer): Verdict {
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return readSuccess(name, row, answer);
  const kind = kindOfRefusal(answer);
  // 403 is also how some servers answer unknown keys, and a call that was retired answers 400 or 404 to keys it knows.
  const doubtful =
    kind === 'nothingThere' ||
    (kind === 'permission' && !SIGNS.permission.test(answer.text.slice(0, SIGNS_WITHIN))) ||
    (kind === 'cannotTell' && row.fallbackPath !== undefined);
  const detail = kind === 'badKey' && row.refusedAlsoWhen !== undefined ? `, or ${row.refusedAlsoWhen}` : '';
  return { ...verdict(name, statusCode, kind, detail), doubtful };
}

/**
 * The last word on a doubtful verdict, after the same request with a key that nobody has.
 * @param junk undefined where that request got no answer.
 */
export function readComparison(name: string, row: ProbeRow, first: Verdict, junk: ProbeAnswer | undefined): Verdict {
  const { statusCode } = first;
  const junkRefused =
    junk !== undefined &&
    (readAnswer(name, row, junk).status === 'invalid' ||
      ([400, 403].includes(junk.statusCode) && junk.statusCode !== statusCode));
  if (junkRefused)
    return first.status === 'valid' ? { ...first, doubtful: false } : verdict(name, statusCode, 'noList');
  if (first.status !== 'valid') return { ...first, doubtful: false };
  return verdict(name, statusCode, junk?.statusCode === statusCode ? 'anyKey' : 'notCompared');
}

function verdict(name: string, statusCode: number | undefined, kind: Kind, detail = ''): Verdict {
  const [status, reason, rest] = VERDICTS[kind];
  return { status, reason, message: `${name} ${rest}${detail}.`, statusCode, doubtful: false };
}

function kindOfRefusal(answer: ProbeAnswer): Kind {
  const { statusCode } = answer;
  if (statusCode >= 500 || statusCode === 408) return 'providerError';
  if (statusCode < 400) return 'redirected';
  if (statusCode === 402) return 'billing';
  if (statusCode === 451) return 'network';
  if (statusCode === 404 || statusCode === 405 || statusCode === 410) return 'nothingThere';
  const has = (sign: keyof typeof SIGNS): boolean => SIGNS[sign].test(answer.text.slice(0, SIGNS_WITHIN));
  if (statusCode === 429) return has('quota') ? 'quota' : 'rateLimited';
  if (statusCode !== 400 && statusCode !== 401 && statusCode !== 403) return 'unexpected';
  if (has('network')) return 'network';
  if (has('closed')) return 'closed';
  if (has('quota')) return 'quota';
  if (statusCode === 400) return has('badKey') ? 'badKey' : 'cannotTell';
  if (has('restricted')) return 'restricted';
  if (statusCode === 401 || has('badKey')) return 'badKey';
  return isJson(answer) ? 'permission' : 'notTheApi';
}

function readSuccess(name: string, row: ProbeRow, answer: ProbeAnswer): Verdict {
  const say = (kind: Kind, detail?: string): Verdict => verdict(name, answer.statusCode, kind, detail);
  if (answer.truncated && row.validField === undefined && row.permission === undefined)
    return say(isJson(answer) ? 'ok' : 'notTheApi');
  const body = parseJson(answer.text);
  if (typeof body !== 'object' || body === null || field(body, 'error')) return say('notTheApi');
  if (row.validField !== undefined) {
    const valid = field(body, row.validField);
    if (typeof valid !== 'boolean') return say('notTheApi');
    return say(valid ? 'ok' : 'badKey');
  }
  if (row.permission !== undefined && !mayCall(body, row.permission.id))
    return say('lacksPermission', ` "${row.permission.name}"`);
  return say('ok');
}

/** HuggingFace's whoami: `auth.accessToken.role`, and for `fineGrained` the lists `global` and `scoped[].permissions`. */
function mayCall(whoami: object, permission: string): boolean {
  const token = field(field(whoami, 'auth'), 'accessToken');
  if (field(token, 'role') !== 'fineGrained') return true;
  const grants = field(token, 'fineGrained');
  const scoped = list(field(grants, 'scoped')).flatMap((scope) => list(field(scope, 'permissions')));
  return [...list(field(grants, 'global')), ...scoped].includes(permission);
}

const isJson = (answer: ProbeAnswer): boolean =>
  answer.truncated ? /^\s*[[{]/.test(answer.text) : parseJson(answer.text) !== undefined;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
