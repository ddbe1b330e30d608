// Why something was refused or failed, as the end of a sentence.

const REASONS: Readonly<Record<string, string>> = {
  // Why a service did not get a key.
  user_not_found: 'there was no such person',
  user_disabled: 'your account was disabled',
  tier: 'your tier did not include keys of your own',
  no_key: 'there was none',
  disabled: 'it was turned off',
  unbound: 'it was not certain that you stored it yourself',
  undecryptable: 'it could not be decrypted',
  scope_required: 'it may not use it',
  // Why a call was refused, or did not work.
  account_disabled: 'the account was disabled',
  account_read_only: 'the account comes from a directory that cannot be written',
  email_unverified: 'the email address was not verified',
  email_ambiguous: 'several accounts share the email address',
  tier_required: 'your tier did not include storing keys',
  admin_required: 'only administrators may',
  cross_site_request: 'the request came from another site',
  key_not_found: 'there was none',
  session_not_found: 'it had ended already',
  write_conflict: 'the account was changed elsewhere at the same moment',
  endpoint_refused: 'its endpoint is not an address that may be called',
  name_taken: 'the name was taken',
  directory_unavailable: 'the account directory could not be reached',
  directory_misconfigured: 'the account directory was not set up for it',
  database_unavailable: 'the database could not be reached',
  session_store_unavailable: 'the session store could not be reached',
  audit_unavailable: 'it could not be recorded',
  internal: 'something went wrong in the service',
  // What came of a test.
  bad_key: 'wrong, expired or revoked',
  permission: 'its account is closed or restricted',
  timeout: 'the provider did not answer in time',
  unreachable: 'the provider could not be reached',
  tls: 'no secure connection to the provider',
  refused_address: 'its endpoint is not an address that may be called',
  provider_error: 'the provider had a problem of its own',
  unexpected_answer: 'the provider gave an answer that was not expected',
  cannot_verify: 'the provider does not tell',
  other_provider: 'it looks like a key of another provider and was not sent',
};

const TESTS: Readonly<Record<string, string>> = {
  valid: 'valid',
  invalid: 'invalid',
  error: 'no result',
  unknown: 'not certain',
};

/** Reasons that this page does not know yet are told by their own words. */
export const reasonWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll('_', ' ');

/** Why the platform's key was used instead of the person's own. */
export const insteadWords = (reason: string): string =>
  reason === 'no_key' ? 'there was none of your own' : reasonWords(reason).replace(/^it /, 'yours ');

export const knowsReason = (reason: string): boolean => Object.hasOwn(REASONS, reason);

/** @param status of a test: `valid`, `invalid`, `error` or `unknown`. */
export const testWords = (status: string): string => TESTS[status] ?? status;
