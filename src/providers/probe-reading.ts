// What a provider's answer says about a key. Pure: no network, and nothing of the provider's own text is passed on,
// because providers echo parts of keys in it.
import {
  type AnswerShapes,
  beginningFits,
  ENDPOINT_ANSWERS,
  field,
  fits,
  isJsonType,
  kindOfContent,
  parseJson,
} from './answer-shape.ts';
import { type Kind, SIGNS, type Sign, type Verdict, verdict } from './probe-verdicts.ts';
import type { ProbeRow } from './provider-table.ts';

export interface ProbeAnswer {
  readonly statusCode: number;
  readonly contentType: string | undefined;
  /** The beginning of the body. */
  readonly text: string;
  /** Whether the body went on. */
  readonly truncated: boolean;
}

/** Who was asked, and for what. */
export interface Asked {
  /** How the person knows it, e.g. "OpenAI" or "The endpoint". */
  readonly name: string;
  readonly row: ProbeRow;
  /** A server that a user chose may speak the API with words of its own. */
  readonly host: 'provider' | 'endpoint';
}

/** Error bodies are short; what comes after this much is not read for signs. */
const SIGNS_WITHIN = 16_384;

export function readAnswer(asked: Asked, answer: ProbeAnswer): Verdict {
  const { statusCode } = answer;
  const { name, row } = asked;
  if (statusCode >= 200 && statusCode < 300) return readSuccess(asked, answer);
  const kind = kindOfRefusal(answer, shapesFor(asked));
  if (kind === 'notTheApi') return notTheApi(asked, answer);
  if (kind === 'providerError' || kind === 'redirected')
    return verdict(name, statusCode, kind, ` (it answered ${statusCode}${seen(asked, answer)})`);
  const detail = kind === 'badKey' && row.refusedAlsoWhen !== undefined ? `, or ${row.refusedAlsoWhen}` : '';
  const read = verdict(name, statusCode, kind, detail);
  // A limit may be one of the address, 403 is also how some servers answer unknown keys, and a call that was retired
  // answers 400 or 404 to keys it knows: only what a junk key is answered tells.
  const doubtful =
    read.status === 'valid' || kind === 'nothingThere' || (kind === 'cannotTell' && row.fallbackPath !== undefined);
  return { ...read, doubtful };
}

/**
 * The last word on a doubtful verdict, after the same request with a key that nobody has.
 * @param junk undefined where that request got no answer.
 */
export function readComparison(asked: Asked, first: Verdict, junk: ProbeAnswer | undefined): Verdict {
  const { name } = asked;
  const { statusCode } = first;
  if (junk !== undefined && refusesJunk(asked, first, junk))
    return first.status === 'valid' ? { ...first, doubtful: false } : verdict(name, statusCode, 'noList');
  if (first.status !== 'valid') return { ...first, doubtful: false };
  const detail = junk === undefined || isSuccess(first) ? '' : ` (it answered ${statusCode})`;
  return verdict(name, statusCode, junk?.statusCode === statusCode ? 'anyKey' : 'notCompared', detail);
}

/**
 * A limit that had just ended would let the junk key through to the check, and look like an answer about the first key:
 * so the first question is asked again, and counts only if its answer is still the same.
 */
export function readAgain(asked: Asked, compared: Verdict, first: Verdict, again: ProbeAnswer | undefined): Verdict {
  const { name, row } = asked;
  if (again === undefined) return verdict(name, first.statusCode, 'notCompared');
  const now = readAnswer({ name, row, host: asked.host }, again);
  if (now.statusCode === first.statusCode && now.reason === first.reason) return compared;
  // By now it is known that junk is refused, so a yes is one.
  if (now.status === 'invalid' || (now.status === 'valid' && isSuccess(now))) return { ...now, doubtful: false };
  return verdict(name, now.statusCode, 'notCompared');
}

export const isSuccess = ({ statusCode = 0 }: Verdict): boolean => statusCode >= 200 && statusCode < 300;

/** 401 is for a caller without a key, whatever else is in the answer; the others count in the API's own words only. */
function refusesJunk(asked: Asked, first: Verdict, junk: ProbeAnswer): boolean {
  if (readAnswer(asked, junk).status === 'invalid') return true;
  if (junk.statusCode === first.statusCode) return false;
  return junk.statusCode === 401 || ([400, 403].includes(junk.statusCode) && isOwn(junk, shapesFor(asked)));
}

const shapesFor = ({ row, host }: Asked): AnswerShapes => (host === 'endpoint' ? ENDPOINT_ANSWERS : row.answers);

/** JSON that says so and has the shape of an error of this API. */
const isOwn = ({ contentType, text, truncated }: ProbeAnswer, { error }: AnswerShapes): boolean =>
  !truncated && isJsonType(contentType) && fits(parseJson(text), error);

function kindOfRefusal(answer: ProbeAnswer, shapes: AnswerShapes): Kind {
  const { statusCode } = answer;
  if (statusCode >= 500 || statusCode === 408) return 'providerError';
  if (statusCode < 400) return 'redirected';
  const has = (sign: Sign): boolean => SIGNS[sign].test(answer.text.slice(0, SIGNS_WITHIN));
  // No matter who says it: it is not about the key.
  if (statusCode === 451 || ([401, 403].includes(statusCode) && has('network'))) return 'network';
  if (!isOwn(answer, shapes)) return 'notTheApi';
  if (statusCode === 402) return 'billing';
  if (statusCode === 404 || statusCode === 405 || statusCode === 410) return 'nothingThere';
  if (statusCode === 429) return has('quota') ? 'quota' : 'rateLimited';
  if (statusCode !== 400 && statusCode !== 401 && statusCode !== 403) return 'unexpected';
  if (has('network')) return 'network';
  if (has('closed')) return 'closed';
  if (has('quota')) return 'quota';
  if (statusCode === 400) return has('badKey') ? 'badKey' : 'cannotTell';
  if (has('restricted')) return 'restricted';
  return statusCode === 401 || has('badKey') ? 'badKey' : 'permission';
}

/** What came, in words of our own: status and kind of content, never the content. */
function seen({ row, host }: Asked, answer: ProbeAnswer): string {
  const own = host === 'endpoint' ? ENDPOINT_ANSWERS : row.answers;
  return isOwn(answer, own) ? '' : ` with ${kindOfContent(answer.contentType, answer.text)}`;
}

function notTheApi(asked: Asked, answer: ProbeAnswer): Verdict {
  const { name, row, host } = asked;
  const { statusCode, contentType, text } = answer;
  const what = kindOfContent(contentType, text);
  const hint =
    statusCode === 401 && what === 'HTML' && host === 'provider' && row.webPageRefusal !== undefined
      ? ` ${row.webPageRefusal}`
      : '';
  const message = `${name} answered ${statusCode} with ${what}, which is not how its API answers, so the key could not be checked.${hint}`;
  return { ...verdict(name, statusCode, 'notTheApi'), message };
}

function readSuccess(asked: Asked, answer: ProbeAnswer): Verdict {
  const { name, row } = asked;
  const { success } = shapesFor(asked);
  const say = (kind: Kind, detail?: string): Verdict => verdict(name, answer.statusCode, kind, detail);
  if (!isJsonType(answer.contentType)) return notTheApi(asked, answer);
  if (answer.truncated && row.validField === undefined && row.permission === undefined)
    return beginningFits(answer.text, success) ? say('ok') : notTheApi(asked, answer);
  const body = parseJson(answer.text);
  if (!fits(body, success) || field(body, 'error')) return notTheApi(asked, answer);
  if (row.validField !== undefined) {
    const valid = field(body, row.validField);
    if (typeof valid !== 'boolean') return notTheApi(asked, answer);
    return say(valid ? 'ok' : 'badKey');
  }
  if (row.permission !== undefined && !mayCall(body, row.permission.id))
    return say('lacksPermission', ` "${row.permission.name}"`);
  return say('ok');
}

/** HuggingFace's whoami: `auth.accessToken.role`, and for `fineGrained` the lists `global` and `scoped[].permissions`. */
function mayCall(whoami: unknown, permission: string): boolean {
  const token = field(field(whoami, 'auth'), 'accessToken');
  if (field(token, 'role') !== 'fineGrained') return true;
  const grants = field(token, 'fineGrained');
  const scoped = list(field(grants, 'scoped')).flatMap((scope) => list(field(scope, 'permissions')));
  return [...list(field(grants, 'global')), ...scoped].includes(permission);
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
