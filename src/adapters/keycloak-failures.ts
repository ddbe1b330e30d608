// Says what went wrong at Keycloak, in words that an operator can use and without anything secret in them.
import { NetworkError } from '@keycloak/keycloak-admin-client';
import { z } from 'zod';
import { ByokError } from '../domain/errors.ts';

/** An answer of Keycloak's that is not success, or none at all. */
export interface KeycloakFailure {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Stable word for metrics: `status_503`, `timeout`, `unreachable`, `garbage`, `credentials_refused`. */
  readonly outcome: string;
  /** Completes the sentence "Keycloak …". */
  readonly what: string;
  /** The JSON body of the answer, where it had one. Never logged as it is. */
  readonly body: unknown;
}

/** Keycloak answered, and not with what its API promises: a proxy's page, say. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
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
const causeCode = z.object({ cause: z.object({ code: z.string() }) });
const ownCode = z.object({ code: z.string() });

export function describeFailure(error: unknown): KeycloakFailure {
  if (error instanceof NetworkError) {
    const { status } = error.response;
    const words = wordsOf(error.responseData);
    return {
      status,
      outcome: `status_${status}`,
      what: `answered ${status}${words === undefined ? '' : ` (${words})`}`,
      body: error.responseData,
    };
  }
  const none = { status: undefined, body: undefined };
  if (error instanceof CredentialsRefused)
    return { ...none, outcome: 'credentials_refused', what: `refused to sign us in: ${error.message}` };
  if (error instanceof UnexpectedAnswer)
    return { ...none, outcome: 'garbage', what: `answered with ${error.message}: is KEYCLOAK_URL a Keycloak?` };
  const name = error instanceof Error ? error.name : '';
  const code = causeCode.safeParse(error).data?.cause.code ?? ownCode.safeParse(error).data?.code ?? '';
  if (/^(TimeoutError|DeadlineExceeded|AbortError)$/.test(name) || /TIMEOUT|TIMEDOUT/.test(code))
    return { ...none, outcome: 'timeout', what: 'did not answer in time' };
  return { ...none, outcome: 'unreachable', what: `could not be reached (${code || name || 'unknown'})` };
}

/** `call` names what was asked for, such as "read a user". */
export function unavailable(call: string, failure: KeycloakFailure): ByokError {
  return new ByokError('directory_unavailable', { reason: `Keycloak ${failure.what} (call: ${call})` });
}

/** Keycloak's own error code or sentence: short, and of harmless characters. */
export function wordsOf(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body).data;
  return (parsed?.error ?? parsed?.errorMessage)?.replace(/[^\w .:,'-]/g, '').slice(0, 120) || undefined;
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
