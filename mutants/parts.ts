// The parts whose tests are measured: where a fault lets somebody in, or costs somebody a key.

export interface Part {
  readonly name: string;
  /** Globs of the code that is changed. */
  readonly code: readonly string[];
  /** Globs of the tests that should notice. In-process only: no servers are started for them. */
  readonly tests: readonly string[];
}

/** Measured by Stryker. The Python client is a part too, measured by mutmut. */
export const PARTS: readonly Part[] = [
  { name: 'crypto', code: ['src/crypto/*.ts'], tests: ['test/crypto/!(fernet-package).test.ts'] },
  {
    name: 'sessions',
    code: [
      'src/sessions/{session-cookies,authenticate-hook,memory-session-store,session-lifetime,sign-in-cookies}.ts',
      'src/sessions/{browser-sessions,refused-clients,backchannel-logout-routes,logout-routes}.ts',
      'src/http/{cookie-header,principal}.ts',
    ],
    tests: [
      'test/http/{cookie-header,principal}.test.ts',
      'test/sessions/{authenticate,authenticate-hook,authenticate-tls,browser-sessions,demo-sign-in}.test.ts',
      'test/sessions/{memory-session-store,refused-clients,session-routes}.test.ts',
      'test/sessions/sign-in-{cookies,cookies-kept,description}.test.ts',
    ],
  },
  {
    name: 'tokens',
    code: [
      'src/keycloak/{keycloak-tokens,keycloak-claims,keycloak-discovery,keycloak-identity-provider}.ts',
      'src/services/{service-tokens,service-identities,service-caller,authenticate-service-hook}.ts',
    ],
    tests: [
      'test/keycloak/keycloak-{access-tokens,algorithms,claims,discovery,logout-tokens,sign-in}.test.ts',
      'test/services/{service-callers,service-tokens}.test.ts',
    ],
  },
  {
    name: 'tiers',
    code: [
      'src/users/{tiers,usable-user,account-hook}.ts',
      'src/keys/{tier-guard,key-sections,key-service,key-changes}.ts',
    ],
    tests: [
      'test/users/tiers.test.ts',
      'test/http/principal.test.ts',
      'test/keys/{endpoints,tier-guard}.test.ts',
      'test/keys/key-service*.test.ts',
    ],
  },
  {
    name: 'release',
    code: ['src/release/{key-release,released-key}.ts'],
    tests: ['test/release/key-release*.test.ts'],
  },
  {
    name: 'audit',
    code: [
      'src/audit/audit-{chain,verification,anchors,anchor-check,erasures,fields,recorder}.ts',
      'src/audit/row-numbers.ts',
    ],
    tests: [
      'test/audit/audit-{chain,chain-vectors,key-changes,anchors,anchors-differ,erasures,fields,recorder}.test.ts',
      'test/audit/checks/*.test.ts',
    ],
  },
  {
    name: 'audit-keys',
    code: ['src/audit/audit-rules.ts', 'src/audit/master-keys/*.ts'],
    tests: [
      'test/audit/audit-{key-changes,erasures}.test.ts',
      'test/audit/postgres-key-changes.test.ts',
      'test/audit/master-keys/*.test.ts',
    ],
  },
  {
    name: 'cache',
    code: [
      'src/users/{user-cache,user-holds,find-user-by-email}.ts',
      'src/replicas/freshness-lease.ts',
      'src/shared/email-address.ts',
    ],
    tests: [
      'test/users/{cache/user-cache*,find-user-by-email}.test.ts',
      'test/replicas/freshness-lease.test.ts',
      'test/shared/email-address.test.ts',
    ],
  },
  {
    name: 'locks',
    code: ['src/users/{memory-user-lock,memory-write-intents,user-writes}.ts'],
    tests: ['test/users/{memory-user-lock,user-writes}.test.ts'],
  },
  {
    name: 'limits',
    code: ['src/http/{rate-limits,request-address,route-limits,csrf}.ts'],
    tests: ['test/http/{rate-limit-hooks,request-address,route-limits,csrf}.test.ts'],
  },
  {
    name: 'typescript-client',
    code: ['clients/typescript/src/*.ts'],
    tests: ['test/clients/typescript-client-*.test.ts'],
  },
];
