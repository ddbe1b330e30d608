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

/** @param name how the person knows whom was asked, e.g. "OpenAI" or "The endpoint". */
export function readAnswer(name: string, row: ProbeRow, answer: ProbeAnswer): Verdict {
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return readSuccess(name, row, answer);
  const has = (sign: keyof typeof SIGNS): boolean => SIGNS[sign].test(answer.text.slice(0, SIGNS_WITHIN));
  const say = verdictsOf(name, statusCode, row.refusedAlsoWhen);
  if (statusCode >= 500) return say.providerError();
  if (statusCode === 429) return has('quota') ? say.quota() : say.rateLimited();
  if (statusCode === 402) return say.billing();
  if (statusCode === 451) return say.network();
  if (statusCode === 400 || statusCode === 401 || statusCode === 403) {
    if (has('network')) return say.network();
    if (has('closed')) return say.closed();
    if (has('quota')) return say.quota();
    // A call that may have been retired answers 400 to keys it knows; elsewhere 400 tells nothing.
    if (statusCode === 400)
      return has('badKey') ? say.badKey() : { ...say.cannotTell(), doubtful: row.fallbackPath !== undefined };
    if (has('restricted')) return say.restricted();
    if (statusCode === 401 || has('badKey')) return say.badKey();
    if (!isJson(answer)) return say.notTheApi();
    return { ...say.permission(), doubtful: !has('permission') };
  }
  if (statusCode === 404 || statusCode === 405 || statusCode === 410) return { ...say.nothingThere(), doubtful: true };
  if (statusCode === 408) return say.providerError();
  return statusCode < 400 ? say.redirected() : say.unexpected();
}

/**
 * The last word on a doubtful verdict, after the same request with a key that nobody has.
 * @param junk undefined where that request got no answer.
 */
export function readComparison(name: string, row: ProbeRow, verdict: Verdict, junk: ProbeAnswer | undefined): Verdict {
  const refused =
    junk !== undefined &&
    (readAnswer(name, row, junk).status === 'invalid' ||
      ([400, 403].includes(junk.statusCode) && junk.statusCode !== verdict.statusCode));
  const settled = { statusCode: verdict.statusCode, doubtful: false };
  if (refused) {
    if (verdict.status === 'valid') return { ...verdict, ...settled };
    return {
      ...settled,
      status: 'valid',
      reason: 'ok',
      message: `${name} accepts the key, though it lists no models.`,
    };
  }
  const finding =
    junk?.statusCode === verdict.statusCode
      ? 'answers any key alike, so the key cannot be verified'
      : 'whether it checks keys could not be found out, so the key cannot be verified';
  const message = verdict.status === 'valid' ? `${name} is reachable, but ${finding}.` : verdict.message;
  return { ...settled, status: 'unknown', reason: 'cannot_verify', message };
}

function readSuccess(name: string, row: ProbeRow, answer: ProbeAnswer): Verdict {
  const say = verdictsOf(name, answer.statusCode, row.refusedAlsoWhen);
  if (answer.truncated && row.validField === undefined && row.permission === undefined)
    return /^\s*[[{]/.test(answer.text) ? say.ok() : say.notTheApi();
  const body = parseJson(answer.text);
  if (typeof body !== 'object' || body === null || field(body, 'error')) return say.notTheApi();
  if (row.validField !== undefined) {
    const valid = field(body, row.validField);
    if (typeof valid !== 'boolean') return say.notTheApi();
    return valid ? say.ok() : say.badKey();
  }
  if (row.permission !== undefined && !mayCall(body, row.permission.id)) {
    return say.lacksPermission(row.permission.name);
  }
  return say.ok();
}

/** HuggingFace's whoami: `auth.accessToken.role`, and for `fineGrained` the lists `global` and `scoped[].permissions`. */
function mayCall(whoami: object, permission: string): boolean {
  const token = field(field(whoami, 'auth'), 'accessToken');
  if (field(token, 'role') !== 'fineGrained') return true;
  const grants = field(token, 'fineGrained');
  const scoped = list(field(grants, 'scoped')).flatMap((scope) => list(field(scope, 'permissions')));
  return [...list(field(grants, 'global')), ...scoped].includes(permission);
}

function verdictsOf(name: string, statusCode: number, alsoWhen: string | undefined) {
  const make = (status: TestStatus, reason: string, message: string) => (): Verdict => ({
    status,
    reason,
    message,
    statusCode,
    doubtful: false,
  });
  const otherwise = alsoWhen === undefined ? '' : `, or ${alsoWhen}`;
  return {
    ok: make('valid', 'ok', `${name} accepts the key.`),
    restricted: make('valid', 'restricted', `${name} knows the key, but it is restricted and may not list models.`),
    lacksPermission: (what: string) =>
      make(
        'valid',
        'restricted',
        `${name} accepts the key, but it lacks the permission "${what}", so calls will fail.`,
      )(),
    rateLimited: make('valid', 'rate_limited', `${name} knows the key, but is limiting its requests right now.`),
    quota: make('valid', 'quota', `${name} knows the key, but its quota or credit is used up.`),
    billing: make('valid', 'billing', `${name} knows the key, but the account has a billing problem.`),
    permission: make('valid', 'permission', `${name} knows the key, but does not let it list models.`),
    badKey: make('invalid', 'bad_key', `${name} refused the key: it is wrong, expired or revoked${otherwise}.`),
    closed: make('invalid', 'permission', `${name} knows the key, but has closed or restricted its account.`),
    network: make(
      'unknown',
      'cannot_verify',
      `${name} refuses requests from this server’s network or region, so the key could not be checked.`,
    ),
    cannotTell: make('unknown', 'cannot_verify', `${name} called the request bad, which says nothing about the key.`),
    nothingThere: make('unknown', 'cannot_verify', `${name} has nothing at the address that would check the key.`),
    providerError: make('error', 'provider_error', `${name} has a problem of its own right now; try again later.`),
    notTheApi: make(
      'error',
      'unexpected_answer',
      `${name} could not be understood: a web page or something else answered in place of the API.`,
    ),
    redirected: make(
      'error',
      'unexpected_answer',
      `${name} redirected to another address, which was not followed: the key went nowhere else.`,
    ),
    unexpected: make('error', 'unexpected_answer', `${name} gave an answer that was not expected.`),
  };
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
