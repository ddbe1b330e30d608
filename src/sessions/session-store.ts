// Server-side sessions: the browser holds a random token, everything else stays here.

/** What a session knows. Times are milliseconds since the epoch. */
export interface Session {
  /** Public handle of the session (safe to show to its owner); not the secret token in the cookie. */
  readonly id: string;
  readonly userId: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly roles: readonly string[];
  readonly createdAt: number;
  /** Exact to a minute. */
  readonly lastSeenAt: number;
  /** The identity provider's session (`sid`), for back-channel logout. */
  readonly providerSessionId: string | undefined;
  /** The ID token, kept as the hint for logout at the identity provider. */
  readonly idToken: string | undefined;
  /** The browser's User-Agent at sign-in, cut to 200 characters, so that a person recognises the session in the list. */
  readonly userAgent: string | undefined;
}

export type NewSession = Omit<Session, 'id' | 'createdAt' | 'lastSeenAt'>;

/**
 * Sessions end after two hours without use and after twelve hours in any case (both configurable).
 * Tokens are 32 random bytes, base64url; stores keep only their SHA-256.
 * Every method throws ByokError `session_store_unavailable` when the store cannot answer.
 */
export interface SessionStore {
  /**
   * @returns the secret token for the cookie, and the session.
   * @throws ByokError `sign_in_failed` where the session at the identity provider was ended within the last minute.
   */
  create(session: NewSession): Promise<{ token: string; session: Session }>;
  /** The live session behind a token, its idle time renewed; undefined for anything else. */
  find(token: string): Promise<Session | undefined>;
  /** The user's live sessions, newest first. */
  list(userId: string): Promise<Session[]>;
  /** Ends one session of this user. @returns false where the user has no such session. */
  end(userId: string, sessionId: string): Promise<boolean>;
  /** Ends all sessions of the user. @returns how many. */
  endAll(userId: string): Promise<number>;
  /** Ends the sessions that came from one session at the identity provider. @returns how many. */
  endByProviderSession(providerSessionId: string): Promise<number>;
  close(): Promise<void>;
}
