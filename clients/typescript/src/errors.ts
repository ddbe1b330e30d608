// What a call can fail with. No message and no property ever carries a key or a token.

/** What is known of a failure beside its message. */
export interface ErrorFacts {
  /** The key service's own code (`key_not_released`, `scope_required`, …), or one of this client's, listed in the README. */
  readonly code: string;
  /** The HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** What an administrator finds the call by in the service's log and audit. */
  readonly requestId?: string | undefined;
  /** Seconds after which to try again, where the service said so. */
  readonly retryAfter?: number | undefined;
  /** Why a key was not released: `no_key`, `disabled`, `user_disabled`, … */
  readonly reason?: string | undefined;
}

/** The key service refused, or the client cannot be used as it is configured. */
export class ByokClientError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly reason: string | undefined;

  constructor(message: string, facts: ErrorFacts) {
    super(message);
    this.name = 'ByokClientError';
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
    this.reason = facts.reason;
  }
}

/** The key service, or what it needs, cannot be reached in time: the same call may well succeed later. */
export class ByokUnavailableError extends ByokClientError {
  constructor(message: string, facts: ErrorFacts) {
    super(message, facts);
    this.name = 'ByokUnavailableError';
  }
}
