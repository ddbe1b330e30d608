// When a system key of this process may take the place of the user's own. This table alone decides.
import { type ByokClientError, ByokUnavailableError } from './errors.ts';

/** Reasons for which the service releases no key. One that is not listed counts as false. */
export const FALLBACK_AFTER_REFUSAL: Readonly<Record<string, boolean>> = {
  no_key: true,
  disabled: true,
  tier: true,
  unbound: true,
  undecryptable: true,
  user_not_found: false,
  user_disabled: false,
  email_unverified: false,
  email_ambiguous: false,
};

/** Codes of a service that cannot answer now. One that is not listed counts as false, as does every other error. */
export const FALLBACK_IN_AN_OUTAGE: Readonly<Record<string, boolean>> = {
  unavailable: true,
  directory_unavailable: true,
  database_unavailable: true,
  audit_unavailable: true,
  not_ready: true,
  directory_misconfigured: false,
  internal: false,
};

const saysYes = (table: Readonly<Record<string, boolean>>, word: string | undefined): boolean =>
  word !== undefined && Object.hasOwn(table, word) && table[word] === true;

export const isRefusal = (error: ByokClientError): boolean => error.code === 'key_not_released';

/** The account is unknown, deleted or disabled, or nobody can say whose it is: no other key is used for such a person. */
export const isFinal = (error: ByokClientError): boolean =>
  isRefusal(error) && !saysYes(FALLBACK_AFTER_REFUSAL, error.reason);

/** Whether the error by itself lets a system key take the user's place. */
export const allowsFallback = (error: ByokClientError): boolean =>
  error instanceof ByokUnavailableError
    ? saysYes(FALLBACK_IN_AN_OUTAGE, error.code)
    : isRefusal(error) && !isFinal(error);
