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
  { name: 'crypto', code: ['src/crypto/*.ts'], tests: ['test/crypto/*.test.ts'] },
  {
    name: 'sessions',
    code: ['src/sessions/{session-cookies,authenticate-hook,memory-session-store,session-lifetime}.ts'],
    tests: ['test/sessions/*.test.ts'],
  },
  {
    name: 'tokens',
    code: ['src/keycloak/{keycloak-tokens,keycloak-claims}.ts', 'src/services/service-tokens.ts'],
    tests: ['test/keycloak/*.test.ts', 'test/services/*.test.ts'],
  },
  {
    name: 'tiers',
    code: ['src/users/tiers.ts', 'src/keys/tier-guard.ts', 'src/keys/key-sections.ts'],
    tests: ['test/users/tiers.test.ts', 'test/keys/*.test.ts'],
  },
  { name: 'release', code: ['src/release/{key-release,released-key}.ts'], tests: ['test/release/*.test.ts'] },
  {
    name: 'audit',
    code: ['src/audit/audit-{chain,verification,anchors,recorder}.ts'],
    tests: ['test/audit/*.test.ts'],
  },
  {
    name: 'cache',
    code: ['src/users/{user-cache,find-user-by-email}.ts', 'src/replicas/freshness-lease.ts'],
    tests: ['test/users/*.test.ts', 'test/replicas/*.test.ts'],
  },
  { name: 'locks', code: ['src/users/{memory-user-lock,user-writes}.ts'], tests: ['test/users/*.test.ts'] },
  { name: 'limits', code: ['src/http/{rate-limits,route-limits,csrf}.ts'], tests: ['test/http/*.test.ts'] },
  {
    name: 'typescript-client',
    code: ['clients/typescript/src/*.ts'],
    tests: ['test/clients/typescript-client-*.test.ts'],
  },
];
