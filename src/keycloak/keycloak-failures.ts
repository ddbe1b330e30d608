// Says what went wrong at Keycloak, in words that an operator can use and without anything secret in them.
import { NetworkError } from '@keycloak/keycloak-admin-client';
import { z } from 'zod';
import { ByokError } from '../shared/errors.ts';
import { AccountUnavailable, DirectoryRefusesService } from '../users/user-directory.ts';
import { isAdminError, retryAfterOf, sightOf } from './keycloak-own-answer.ts';

/** An answer of Keycloak's that is not success, or none at all. */
export interface KeycloakFailure {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /**
   * Stable word for metrics: `status_503`, `timeout`, `unreachable` (nothing was sent), `cut_off` (the connection broke),
   * `garbage`, `credentials_refused`, `breaker_open` and `asked_to_wait` (nothing was sent either).
   */
  readonly outcome: string;
  /** Completes the sentence "Keycloak …". */
  readonly what: string;
  /** The JSON body of the answer, where it had one. Never logged as it is. */
  readonly body: unknown;
  /** Whether Keycloak itself has answered so, and not something in front of it. */
  readonly own: boolean;
  /** Seconds that the answer asks us to wait. */
  readonly retryAfter: number | undefined;
}

/** An answer that is not one of Keycloak's. The message completes the sentence "Keycloak …". */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(message: string, seen: { readonly status?: number; readonly retryAfter?: number | undefined } = {}) {
    super(message);
    this.status = seen.status;
    this.retryAfter = seen.retryAfter;
  }
}

/** Keycloak gives us no token. The message completes "Keycloak refused to sign us in: …". */
export class CredentialsRefused extends Error {
  override readonly name = 'CredentialsRefused';
}

/** The call did not end within its time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

const errorBody = z.object({ error: z.string().optional(), errorMessage: z.string().optional() });
// fetch wraps what went wrong in a cause; undici's request throws it as it is.
const codeShape = z.union([
  z.object({ cause: z.object({ code: z.string() }) }).transform(({ cause }) => cause.code),
  z.object({ code: z.string() }).transform(({ code }) => code),
  z.object({ cause: z.object({ message: z.literal('unexpected redirect') }) }).transform(() => 'REDIRECT'),
]);
// What happens to a connection that stood. Anything else went wrong before the request was sent.
const CUT_OFF = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_|HPE_)/;

/** What is wrong with the connection before a request is sent, and what to do. */
const CERTIFICATES: readonly (readonly [codes: RegExp, what: string])[] = [
  [
    /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)$/,
    'shows a certificate of an authority that is not known here: let KEYCLOAK_CA_FILE name the file of that authority',
  ],
  [
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    'shows a certificate that has run out or is not valid yet: renew it where KEYCLOAK_URL leads to, and check the clock of this machine',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'shows a certificate for another host than the one in KEYCLOAK_URL: use the name that it is for, or have it issued for this one',
  ],
  [
    /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/,
    'does not speak TLS there: let KEYCLOAK_URL name the port for https, or begin with http',
  ],
];

export function describeFailure(error: unknown): KeycloakFailure {
  if (error instanceof NetworkError) return describeAnswer(error);
  const failed = (outcome: string, what: string, more: Partial<KeycloakFailure> = {}): KeycloakFailure => {
    const nothing = { status: undefined, body: undefined, own: false, retryAfter: undefined };
    return { ...nothing, ...more, outcome, what };
  };
  if (error instanceof CredentialsRefused)
    return failed('credentials_refused', `refused to sign us in: ${error.message}`, { own: true });
  if (error instanceof UnexpectedAnswer)
    return failed('garbage', error.message, { status: error.status, retryAfter: error.retryAfter });
  const name = error instanceof Error ? error.name : 'unknown';
  const code = codeShape.safeParse(error).data ?? '';
  if (code === 'REDIRECT')
    return failed('garbage', 'did not answer itself: what KEYCLOAK_URL leads to answered with a redirect');
  if (/^(TimeoutError|DeadlineExceeded|AbortError)$/.test(name) || /TIMEOUT|TIMEDOUT/.test(code))
    return failed('timeout', 'did not answer in time');
  const certificate = CERTIFICATES.find(([codes]) => codes.test(code));
  if (certificate !== undefined) return failed('unreachable', `${certificate[1]} (${code})`);
  if (CUT_OFF.test(code)) return failed('cut_off', `broke the connection off (${code})`);
  return failed('unreachable', `could not be reached (${code || name})`);
}

function describeAnswer({ response: { status, headers }, responseData: body }: NetworkError): KeycloakFailure {
  const seen = { status, contentType: headers.get('content-type'), body };
  const own = isAdminError(seen);
  const words = wordsOf(body);
  const what = own ? `answered ${status}${words === undefined ? '' : ` (${words})`}` : sightOf(seen);
  return { status, outcome: `status_${status}`, what, body, own, retryAfter: retryAfterOf(headers.get('retry-after')) };
}

/** Keycloak gives this service no token, whatever it is for. */
export const getsNoToken = ({ outcome }: KeycloakFailure): boolean => outcome === 'credentials_refused';

/** For what a probe has met: a word where Keycloak refuses this service, which stays so until a setting is changed. */
export function refusedWord(failure: KeycloakFailure): 'credentials_refused' | 'not_permitted' | undefined {
  if (getsNoToken(failure)) return 'credentials_refused';
  return failure.own && failure.status === 403 ? 'not_permitted' : undefined;
}

/** `call` names what was asked for, such as "read a user". */
export function unavailable(call: string, failure: KeycloakFailure): ByokError {
  const { what, retryAfter } = failure;
  const reason = `Keycloak ${what} (call: ${call})`;
  if (getsNoToken(failure)) return refused(call, failure);
  return new ByokError('directory_unavailable', { reason, ...(retryAfter !== undefined && { retryAfter }) });
}

/** For a call that is not made, or not answered, because Keycloak refuses this service. */
export const refused = (call: string, { what }: KeycloakFailure): ByokError =>
  new DirectoryRefusesService(`Keycloak ${what} (call: ${call})`);

/** For a call on which Keycloak fails while it answers a probe: nobody else is affected. */
export function failsOnThis(call: string, { what, retryAfter }: KeycloakFailure): AccountUnavailable {
  return new AccountUnavailable({ reason: `Keycloak ${what}, and works otherwise (call: ${call})`, retryAfter });
}

/** A 404 of Keycloak's about the user: not of a proxy in front of it, and not about the realm (measured). */
export function isNoSuchUser({ status, own, body }: KeycloakFailure): boolean {
  return own && status === 404 && z.object({ error: z.literal('User not found') }).safeParse(body).success;
}

/** Keycloak's own error code or sentence: short, of harmless characters, and without anything as long as a token. */
export function wordsOf(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body).data;
  const words = (parsed?.error ?? parsed?.errorMessage)?.replace(/\S{32,}/g, '…').replace(/[^\w .:,'…-]/g, '');
  return words?.slice(0, 120) || undefined;
}

const fieldError = z.object({ field: z.string(), errorMessage: z.string(), params: z.array(z.unknown()).optional() });
const validationBody = z.union([z.object({ errors: z.array(fieldError).min(1) }), fieldError]);

export type FieldError = z.output<typeof fieldError>;

/** What the realm's user profile refused: `{field, errorMessage, params}`, or several under `errors` (measured). */
export function fieldErrorsOf(body: unknown): FieldError[] {
  const parsed = validationBody.safeParse(body).data;
  if (parsed === undefined) return [];
  return 'errors' in parsed ? parsed.errors : [parsed];
}
