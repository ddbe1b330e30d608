// The one catalogue of what can be answered instead of success. docs/errors.md is held to it by a test.

interface ErrorRow {
  readonly status: number;
  readonly title: string;
  /** Default sentence for the person: what is wrong and what to do. */
  readonly detail: string;
  /** Seconds for the Retry-After header. */
  readonly retryAfter?: number;
}

export const ERRORS = {
  invalid_json: { status: 400, title: 'Broken JSON', detail: 'The request body is not valid JSON.' },
  invalid_request: { status: 400, title: 'Bad request', detail: 'The request could not be understood.' },
  invalid_provider: { status: 400, title: 'Invalid provider', detail: 'Invalid provider' },
  sign_in_failed: {
    status: 400,
    title: 'Sign-in failed',
    detail: 'The sign-in could not be completed. Start again from the sign-in page.',
  },
  not_authenticated: { status: 401, title: 'Not authenticated', detail: 'Not authenticated' },
  account_disabled: {
    status: 403,
    title: 'Account disabled',
    detail: 'This account is disabled. Ask an administrator to enable it.',
  },
  account_read_only: {
    status: 403,
    title: 'Account cannot be changed',
    detail:
      'Nothing was stored: this account comes from a directory that Keycloak does not write to. An administrator must set the edit mode of that user federation to UNSYNCED, with users imported.',
  },
  tier_required: {
    status: 403,
    title: 'Higher tier required',
    detail: 'Your subscription does not include storing keys. Upgrade to add your own.',
  },
  email_unverified: {
    status: 403,
    title: 'Address not verified',
    detail:
      'The email address of this account is not verified, so it does not say whose it is. Verify it in Keycloak; services may name the user by id.',
  },
  scope_required: {
    status: 403,
    title: 'Not allowed to this service',
    detail: 'This service may not make this call. An administrator can give it the role or scope it needs.',
  },
  admin_required: {
    status: 403,
    title: 'Administrators only',
    detail: 'Only administrators may do this. It needs the client role byok-admin.',
  },
  cross_site_request: {
    status: 403,
    title: 'Cross-site request refused',
    detail: 'This request came from another site and was refused.',
  },
  https_required: {
    status: 403,
    title: 'HTTPS required',
    detail: 'This service answers over HTTPS only. Use the https:// address.',
  },
  host_not_allowed: {
    status: 403,
    title: 'Host not allowed',
    detail: 'The embedded default answers to localhost only. Open it by its localhost address.',
  },
  key_not_found: {
    status: 404,
    title: 'No such key',
    detail: 'No API key is stored for this provider. Add one first.',
  },
  key_not_released: {
    status: 404,
    title: 'No key to release',
    detail: 'There is no key that may be used for this user and provider.',
  },
  user_not_found: { status: 404, title: 'No such user', detail: 'There is no such user.' },
  session_not_found: { status: 404, title: 'No such session', detail: 'You have no such session.' },
  route_not_found: {
    status: 404,
    title: 'Not found',
    detail: 'There is nothing at this address. The list of calls is at /docs.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This address does not take that method.',
  },
  request_timeout: { status: 408, title: 'Request too slow', detail: 'The request took too long to arrive.' },
  email_ambiguous: {
    status: 409,
    title: 'Several accounts with this address',
    detail:
      'Several accounts share this email address, so none of them can be chosen. Give each account an address of its own in Keycloak; services may name the user by id.',
  },
  write_conflict: {
    status: 409,
    title: 'Change not kept',
    detail: 'Your account was changed elsewhere at the same moment and this change was not kept. Try again.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    detail: 'The request body is too large; 64 KiB is the limit.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported content type',
    detail: 'Send the body as JSON with Content-Type: application/json.',
  },
  validation_failed: { status: 422, title: 'Body not valid', detail: 'The request body is not valid.' },
  endpoint_refused: {
    status: 422,
    title: 'Endpoint refused',
    detail: 'The endpoint must be a public https:// address without credentials in it.',
  },
  rate_limited: { status: 429, title: 'Too many requests', detail: 'Too many requests. Wait and try again.' },
  internal: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong on our side. Tell an administrator the request id.',
  },
  directory_unavailable: {
    status: 503,
    title: 'Keycloak unavailable',
    detail: 'The user directory cannot be reached right now. Nothing is known to be lost; try again shortly.',
    retryAfter: 5,
  },
  directory_misconfigured: {
    status: 503,
    title: 'Realm not set up',
    detail: 'The realm is not set up for storing keys. An administrator must run `byok doctor`.',
    retryAfter: 60,
  },
  session_store_unavailable: {
    status: 503,
    title: 'Sessions unavailable',
    detail: 'Sessions cannot be read right now. You are not signed out; try again shortly.',
    retryAfter: 5,
  },
  audit_unavailable: {
    status: 503,
    title: 'Audit log unavailable',
    detail: 'What happens here cannot be recorded right now, so it is not done. Try again shortly.',
    retryAfter: 5,
  },
  database_unavailable: {
    status: 503,
    title: 'Database unavailable',
    detail: 'The database cannot be reached right now. Try again shortly.',
    retryAfter: 5,
  },
  not_ready: {
    status: 503,
    title: 'Not ready',
    detail: 'The service is starting or shutting down and takes no changes yet. Try again shortly.',
    retryAfter: 5,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

interface ErrorOptions {
  /** Replaces the catalogue's sentence. Must not contain a secret. */
  detail?: string;
  /** More members of the problem document, e.g. `required_tier`. */
  extras?: Readonly<Record<string, unknown>>;
  /** Seconds for Retry-After, where the catalogue's value is not right. */
  retryAfter?: number;
  /** What really happened: logged, never answered. */
  reason?: string;
  cause?: unknown;
}

/** An error with a code from the catalogue. `message` is for the log; `detail` is for the person. */
export class ByokError extends Error {
  override readonly name = 'ByokError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const row: ErrorRow = ERRORS[code];
    super(options.reason ?? options.detail ?? row.detail, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = row.status;
    this.title = row.title;
    this.detail = options.detail ?? row.detail;
    this.extras = options.extras ?? {};
    this.retryAfter = options.retryAfter ?? row.retryAfter;
  }
}

/** The message is for the operator: what is wrong and what to do. It is printed without a stack, and never contains a secret. */
export class StartupProblem extends Error {
  override readonly name = 'StartupProblem';
  /** It may pass by itself: the service waits for that, a command does not. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: { cause?: unknown; mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}
