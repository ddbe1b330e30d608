// The ways of three requests through the rooms, step by step. A test holds files and names to the code.

export interface Step {
  /** Below src/. */
  readonly file: string;
  /** The function that does it, as the file declares it. */
  readonly does: string;
  readonly what: string;
  /** What is called outside the process. */
  readonly calls?: string;
}

export interface Flow {
  readonly id: string;
  readonly title: string;
  /** Method and path, below /api/v1/byok where the path does not say otherwise. */
  readonly request: string;
  readonly steps: readonly Step[];
}

export const FLOWS: readonly Flow[] = [
  {
    id: 'add',
    title: 'A key is added',
    request: 'POST /keys/add',
    steps: [
      {
        file: 'sessions/authenticate-hook.ts',
        does: 'createAuthenticate',
        what: 'Session cookie or access token: who is asking?',
        calls: 'Redis',
      },
      {
        file: 'keys/tier-guard.ts',
        does: 'createTierGuard',
        what: 'An early look at the tier in memory. Holds nothing.',
      },
      { file: 'keys/key-routes.ts', does: 'keyRoutes', what: 'Schema, provider, and the handler of a few lines.' },
      {
        file: 'keys/key-service.ts',
        does: 'add',
        what: 'Section, tier and audit row belong to the change, whoever acts.',
      },
      { file: 'keys/key-sections.ts', does: 'within', what: 'Waits for the turn to write this user.' },
      {
        file: 'keycloak/keycloak-user-directory.ts',
        does: 'openSection',
        what: 'Reads the user under the lock. The tier is decided on this.',
        calls: 'Keycloak GET',
      },
      { file: 'keys/key-changes.ts', does: 'add', what: 'Which attributes change, and the masked preview.' },
      { file: 'crypto/key-vault.ts', does: 'seal', what: 'Fernet token, bound to user, provider and endpoint.' },
      {
        file: 'users/user-writes.ts',
        does: 'write',
        what: 'Announces the write, so that no replica keeps an old key.',
        calls: 'Redis',
      },
      {
        file: 'keycloak/keycloak-user-writer.ts',
        does: 'write',
        what: 'Writes the attributes and reads them back.',
        calls: 'Keycloak PUT, GET',
      },
      {
        file: 'audit/audit-recorder.ts',
        does: 'recordChange',
        what: 'The row is on disk before the response.',
        calls: 'PostgreSQL',
      },
    ],
  },
  {
    id: 'release',
    title: 'A service gets a key',
    request: 'POST /internal/keys/resolve',
    steps: [
      {
        file: 'services/authenticate-service-hook.ts',
        does: 'createAuthenticateService',
        what: 'Bearer token: which service is asking?',
      },
      {
        file: 'services/service-identities.ts',
        does: 'createServiceIdentities',
        what: 'A service token of ours, or a token of the realm.',
        calls: 'PostgreSQL',
      },
      {
        file: 'services/authenticate-service-hook.ts',
        does: 'createScopeGuard',
        what: 'Only with the scope resolve.',
      },
      {
        file: 'release/resolve-routes.ts',
        does: 'resolveRoute',
        what: 'Schema, and a response that nothing may cache.',
      },
      {
        file: 'release/key-release.ts',
        does: 'release',
        what: 'Whose key, which provider, or why there is none.',
      },
      { file: 'users/find-user-by-email.ts', does: 'createFindUserByEmail', what: 'From an email to a user.' },
      {
        file: 'users/user-cache.ts',
        does: 'find',
        what: 'From memory; else one read for all who ask.',
        calls: 'Keycloak GET',
      },
      { file: 'crypto/key-vault.ts', does: 'open', what: 'Checks the binding, then decrypts.' },
      {
        file: 'audit/postgres-audit-log.ts',
        does: 'append',
        what: 'No row, no key.',
        calls: 'PostgreSQL',
      },
    ],
  },
  {
    id: 'sign-in',
    title: 'A person signs in',
    request: 'GET /auth/login, GET /auth/callback',
    steps: [
      { file: 'sessions/sign-in-routes.ts', does: 'signInRoutes', what: '/auth/login: a person wants in.' },
      {
        file: 'keycloak/keycloak-identity-provider.ts',
        does: 'startSignIn',
        what: 'State, nonce and PKCE, and the address at Keycloak.',
      },
      {
        file: 'sessions/sign-in-cookies.ts',
        does: 'keep',
        what: 'Kept by the browser itself, encrypted.',
      },
      {
        file: 'sessions/sign-in-routes.ts',
        does: 'pendingSignIn',
        what: '/auth/callback: only for the browser that began.',
      },
      {
        file: 'keycloak/keycloak-identity-provider.ts',
        does: 'finishSignIn',
        what: 'The code for tokens; the ID token is checked.',
        calls: 'Keycloak POST',
      },
      { file: 'sessions/browser-sessions.ts', does: 'open', what: 'A new session, never beside an old one.' },
      {
        file: 'sessions/redis-session-store.ts',
        does: 'create',
        what: 'Stored under the hash of its token.',
        calls: 'Redis',
      },
      { file: 'audit/request-audit.ts', does: 'record', what: 'Who signed in, and how.', calls: 'PostgreSQL' },
      { file: 'sessions/session-cookies.ts', does: 'set', what: 'The cookie, which scripts cannot read.' },
    ],
  },
];
