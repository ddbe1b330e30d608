// Sign-ins that have been sent to the identity provider and have not come back yet.

export interface PendingSignIn {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Where the browser goes afterwards: a path on this host. */
  readonly returnTo: string;
}

/** How long a person may take at the identity provider. */
export const SIGN_IN_MS = 600_000;
