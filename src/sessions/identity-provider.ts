// Where people sign in (OpenID Connect), and whose tokens are believed.
/** What must be kept until the browser comes back; `url` is where to send it. */
export interface SignInRequest {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface SignedInUser {
  readonly userId: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly roles: readonly string[];
  /** The provider's own session (`sid`), for back-channel logout. */
  readonly providerSessionId: string | undefined;
  readonly idToken: string;
}

export interface TokenUser {
  readonly userId: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly roles: readonly string[];
}

/** Every method throws ByokError `directory_unavailable` when the provider cannot answer, `directory_misconfigured` when it refuses this service. */
export interface IdentityProvider {
  startSignIn(): Promise<SignInRequest>;
  /**
   * @param callbackUrl the public address of the callback, with the query it was called with.
   * @throws ByokError `sign_in_failed` for an answer that does not belong to the kept request.
   */
  finishSignIn(callbackUrl: URL, kept: { state: string; nonce: string; codeVerifier: string }): Promise<SignedInUser>;
  /** Where a browser goes to end the provider's session too. @param returnTo absolute address to come back to. */
  logoutUrl(idToken: string | undefined, returnTo: string): Promise<string>;
  /**
   * Checks a back-channel logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6). Each is accepted once.
   * @returns whose sessions to end: those of one provider session, else all of the user's. At least one is set.
   * @throws ByokError `invalid_request`.
   */
  verifyLogoutToken(
    token: string,
  ): Promise<{ readonly providerSessionId: string | undefined; readonly userId: string | undefined }>;
  /** The person behind an access token meant for this service. @throws ByokError `not_authenticated`. */
  verifyAccessToken(token: string): Promise<TokenUser>;
}
