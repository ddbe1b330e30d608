// The sessions of the platform this service lives in: read, never written.

/** At least one of the two is set. */
export interface PlatformUser {
  readonly userId: string | undefined;
  readonly email: string | undefined;
}

export interface PlatformSessions {
  /**
   * @param token the value of the platform's session cookie.
   * @returns whose session it is; `nobody` where it names no person; undefined where there is none.
   * @throws ByokError `session_store_unavailable`.
   */
  find(token: string): Promise<PlatformUser | 'nobody' | undefined>;
}
