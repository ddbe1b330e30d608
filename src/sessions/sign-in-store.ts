// Sign-ins that have been sent to the identity provider and have not come back yet.

export interface PendingSignIn {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Where the browser goes afterwards: a path on this host. */
  readonly returnTo: string;
  /** SHA-256 of the secret in the browser's sign-in cookie: the answer must come back to the same browser. */
  readonly browserHash: string;
}

/** How long a person may take at the identity provider. */
export const SIGN_IN_MS = 600_000;

/** Every method throws ByokError `session_store_unavailable` when the store cannot answer. */
export interface SignInStore {
  keep(state: string, signIn: PendingSignIn): Promise<void>;
  /** Hands a sign-in out once. Undefined: unknown, too old, or taken before. */
  take(state: string): Promise<PendingSignIn | undefined>;
}
