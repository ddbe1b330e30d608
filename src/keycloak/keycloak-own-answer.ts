// Tells Keycloak's own answers from those of whatever is in front of it: a proxy's 404 says nothing of a user, its 401
// nothing of our secret. What is not certainly Keycloak's is nobody's answer.
import { z } from 'zod';

export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string | null | undefined;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
}

const isJson = (contentType: SeenAnswer['contentType']): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');

const fieldErrors = z.object({ errors: z.array(z.object({ errorMessage: z.string() })).min(1) });
const errorWord = z.object({ error: z.string().min(1) });
const adminError = z.union([errorWord, z.object({ errorMessage: z.string().min(1) }), fieldErrors]);
/** At addresses that Keycloak does not know: then it is not at the one that we were given. */
const NO_SUCH_ADDRESS = /^(?:HTTP 404|Unable to find matching|RESTEASY)/;
/** What Keycloak says in these cases, and nothing else (measured). */
const REFUSALS: Readonly<Record<number, string>> = { 401: 'HTTP 401 Unauthorized', 403: 'HTTP 403 Forbidden' };

/** Whether the admin API itself has answered so; for answers that are not success. */
export function isAdminError({ status, contentType, body }: SeenAnswer): boolean {
  const parsed = adminError.safeParse(body);
  if (!isJson(contentType) || !parsed.success || status === 429) return false;
  const word = errorWord.safeParse(body).data?.error ?? '';
  if (status === 404) return !NO_SUCH_ADDRESS.test(word);
  return !(status in REFUSALS) || word === REFUSALS[status];
}

/** RFC 6749, 5.2, and what Keycloak has besides. */
const OAUTH_REFUSALS: ReadonlySet<string> = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'access_denied', 'not_allowed'],
]);
const NO_SUCH_REALM = 'Realm does not exist';

/** Whether Keycloak itself refuses, at the token endpoint or another of the realm's. */
export function isOAuthRefusal(answer: SeenAnswer): boolean {
  const { status, contentType, body } = answer;
  const word = errorWord.safeParse(body).data?.error;
  if (!isJson(contentType) || word === undefined) return false;
  if (status === 404) return isNoSuchRealm(answer);
  return [400, 401, 403].includes(status) && OAUTH_REFUSALS.has(word);
}

export const isNoSuchRealm = ({ status, contentType, body }: SeenAnswer): boolean =>
  status === 404 && isJson(contentType) && errorWord.safeParse(body).data?.error === NO_SUCH_REALM;

export const isJsonAnswer = ({ status, contentType, body }: SeenAnswer): boolean =>
  status >= 200 && status < 300 && isJson(contentType) && body !== undefined;

/** Completes the sentence "Keycloak …": what was seen, in place of an answer of its own. */
export function sightOf({ status, contentType }: SeenAnswer): string {
  const type = (contentType ?? '')
    .split(';')[0]
    ?.trim()
    .slice(0, 60)
    .replace(/[^\w/.+-]/g, '');
  return `did not answer itself: what KEYCLOAK_URL leads to answered ${status} (${type || 'no content type'})`;
}

/** Seconds to wait, where the answer says so: at least one, and no more than five minutes. */
export function retryAfterOf(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || header.trim() === '') return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.ceil(Math.min(300, Math.max(1, seconds))) : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
