// Environment in, one frozen Config out, or every problem at once.
import type { z } from 'zod';
import { parseFernetKey } from './domain/fernet.ts';
import { PROVIDERS } from './domain/provider-table.ts';
import { VARIABLES } from './variables.ts';

type Name = keyof typeof VARIABLES;
type Values = { [N in Name]: z.output<(typeof VARIABLES)[N]['schema']> | undefined };

/** Bad configuration: one sentence a problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

export interface KeycloakConfig {
  /** Without a slash at the end. */
  readonly url: string;
  readonly publicUrl: string;
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly admin: { readonly username: string; readonly password: string } | undefined;
  readonly caFile: string | undefined;
  readonly timeoutMs: number;
  readonly allowUnmanagedSelfEdit: boolean;
}

export type Config = ReturnType<typeof assemble>;

/** @throws ConfigError with every problem found. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values = readVariables(env, Object.keys(VARIABLES) as Name[], problems);
  problems.push(...crossChecks(values, env));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(assemble(values));
}

/** Checks the variables named, and adds a sentence to `problems` for each that is not valid. */
export function readVariables<N extends Name>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly N[],
  problems: string[],
): Pick<Values, N> {
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    const variable = VARIABLES[name];
    // A variable set to nothing, as compose files do, counts as not set: no default is ever an empty secret.
    const text = env[name]?.trim() || ('fallback' in variable ? variable.fallback : undefined);
    if (text === undefined) continue;
    const result = variable.schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(`${name} ${result.error.issues[0]?.message ?? 'is not valid'}`);
  }
  return values as Pick<Values, N>;
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);
const isLoopbackUrl = (url: string): boolean => LOOPBACK_HOSTS.has(new URL(url).hostname);
const embeddedDefault = (values: Values): boolean =>
  ![
    'KEYCLOAK_URL',
    'KEYCLOAK_CLIENT_SECRET',
    'KEYCLOAK_ADMIN_USERNAME',
    'KEYCLOAK_ADMIN_PASSWORD',
    'KEYCLOAK_CA_FILE',
    'KEYCLOAK_PUBLIC_URL',
  ].some((name) => values[name as Name] !== undefined);

function* crossChecks(values: Values, env: Readonly<Record<string, string | undefined>>): Generator<string> {
  const production = values.NODE_ENV === 'production';
  const embedded = embeddedDefault(values) && !env.KEYCLOAK_REALM?.trim() && !env.KEYCLOAK_CLIENT_ID?.trim();
  for (const key of values.ENCRYPTION_KEY ?? []) {
    const problem = parseFernetKey(key).problem;
    if (problem !== undefined) yield `ENCRYPTION_KEY ${problem}`;
  }
  if (embedded) {
    if (production)
      yield 'KEYCLOAK_URL must be set in production: the embedded default with its demo users is for trying things out';
    if (values.HOST !== undefined && !LOOPBACK_HOSTS.has(values.HOST))
      yield 'HOST must be a loopback address while no KEYCLOAK_* is set: the demo users have no passwords';
    if (values.PUBLIC_URL !== undefined && !isLoopbackUrl(values.PUBLIC_URL))
      yield 'PUBLIC_URL must be a localhost address while no KEYCLOAK_* is set: the demo users have no passwords';
    if ((values.TRUSTED_PROXIES ?? []).length > 0)
      yield 'TRUSTED_PROXIES cannot be used while no KEYCLOAK_* is set: the demo users are for this machine only';
  } else {
    if (values.KEYCLOAK_URL === undefined) yield 'KEYCLOAK_URL must be set when any other KEYCLOAK_* is';
    else if (production && new URL(values.KEYCLOAK_URL).protocol !== 'https:' && !isLoopbackUrl(values.KEYCLOAK_URL))
      yield 'KEYCLOAK_URL must be https in production: tokens and keys travel over it';
    if (values.KEYCLOAK_CLIENT_SECRET === undefined)
      yield 'KEYCLOAK_CLIENT_SECRET must be set (the client is confidential; `byok keycloak setup` prints its secret)';
    if ((values.ENCRYPTION_KEY ?? []).length === 0)
      yield 'ENCRYPTION_KEY must be set: make one with `byok generate-key` and back it up';
  }
  if ((values.KEYCLOAK_ADMIN_USERNAME === undefined) !== (values.KEYCLOAK_ADMIN_PASSWORD === undefined))
    yield 'KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD must be set together';
  if ((values.TLS_CERT_FILE === undefined) !== (values.TLS_KEY_FILE === undefined))
    yield 'TLS_CERT_FILE and TLS_KEY_FILE must be set together';
  if (production && values.TLS_CERT_FILE === undefined && (values.TRUSTED_PROXIES ?? []).length === 0)
    yield 'TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES for the proxy that ends TLS, must be set in production: keys travel over HTTPS only';
  if (production && values.PUBLIC_URL === undefined)
    yield 'PUBLIC_URL must be set in production, such as https://ops.example.com';
  if (production && values.PUBLIC_URL !== undefined && new URL(values.PUBLIC_URL).protocol !== 'https:')
    yield 'PUBLIC_URL must be https in production';
  if (values.PUBLIC_URL !== undefined && new URL(values.PUBLIC_URL).pathname !== '/')
    yield 'PUBLIC_URL must not contain a path: put the path into BASE_PATH';
  if (
    values.BYOK_TIER_RANKS !== undefined &&
    values.BYOK_MINIMUM_TIER !== undefined &&
    !(values.BYOK_MINIMUM_TIER in values.BYOK_TIER_RANKS)
  )
    yield `BYOK_MINIMUM_TIER ${values.BYOK_MINIMUM_TIER} is not in BYOK_TIER_RANKS`;
  if ((values.SESSION_IDLE_SECONDS ?? 0) > (values.SESSION_MAX_SECONDS ?? 0))
    yield 'SESSION_IDLE_SECONDS must not be longer than SESSION_MAX_SECONDS';
  for (const [id, apiUrl] of apiUrls(values)) {
    if (new URL(apiUrl).protocol !== 'https:' && (production || !isLoopbackUrl(apiUrl)))
      yield `BYOK_${id.toUpperCase()}_API_URL must be https: keys travel over it`;
  }
}

function apiUrls(values: Values): Map<string, string> {
  const urls = [...PROVIDERS.keys()].map((id) => [id, values[`BYOK_${id.toUpperCase()}_API_URL` as Name]] as const);
  return new Map(urls.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'));
}

/** The values as the parts want them. Cross-checks have passed. */
function assemble(raw: Values) {
  const values = raw as { [N in Name]: Exclude<Values[N], undefined> } & Partial<Values>;
  const origin = (url: string): string => url.replace(/\/+$/, '');
  const tls =
    raw.TLS_CERT_FILE !== undefined && raw.TLS_KEY_FILE !== undefined
      ? { certFile: raw.TLS_CERT_FILE, keyFile: raw.TLS_KEY_FILE }
      : undefined;
  const embedded = raw.KEYCLOAK_URL === undefined;
  const keycloak: KeycloakConfig | undefined =
    raw.KEYCLOAK_URL === undefined
      ? undefined
      : {
          url: origin(raw.KEYCLOAK_URL),
          publicUrl: origin(raw.KEYCLOAK_PUBLIC_URL ?? raw.KEYCLOAK_URL),
          realm: values.KEYCLOAK_REALM,
          clientId: values.KEYCLOAK_CLIENT_ID,
          clientSecret: values.KEYCLOAK_CLIENT_SECRET,
          admin:
            raw.KEYCLOAK_ADMIN_USERNAME !== undefined && raw.KEYCLOAK_ADMIN_PASSWORD !== undefined
              ? { username: raw.KEYCLOAK_ADMIN_USERNAME, password: raw.KEYCLOAK_ADMIN_PASSWORD }
              : undefined,
          caFile: raw.KEYCLOAK_CA_FILE,
          timeoutMs: values.KEYCLOAK_TIMEOUT_SECONDS * 1000,
          allowUnmanagedSelfEdit: values.KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT,
        };
  return {
    production: values.NODE_ENV === 'production',
    port: values.PORT,
    host: raw.HOST ?? (embedded ? '127.0.0.1' : '0.0.0.0'),
    publicUrl: origin(raw.PUBLIC_URL ?? `${tls === undefined ? 'http' : 'https'}://localhost:${values.PORT}`),
    basePath: values.BASE_PATH,
    logLevel: values.LOG_LEVEL,
    shutdownMs: values.SHUTDOWN_SECONDS * 1000,
    /** Undefined only in the embedded default, which keeps its own in the data folder. */
    encryptionKeys: raw.ENCRYPTION_KEY as readonly string[] | undefined,
    requireBinding: values.BYOK_REQUIRE_BINDING,
    /** Undefined: the embedded default. */
    keycloak,
    databaseUrl: raw.DATABASE_URL,
    dataDir: values.BYOK_DATA_DIR,
    redisUrl: raw.REDIS_URL,
    tls,
    trustedProxies: values.TRUSTED_PROXIES,
    minimumTier: values.BYOK_MINIMUM_TIER,
    tierRanks: values.BYOK_TIER_RANKS,
    session: { idleMs: values.SESSION_IDLE_SECONDS * 1000, maxMs: values.SESSION_MAX_SECONDS * 1000 },
    rateLimits: {
      perUser: values.RATE_LIMIT_PER_MINUTE,
      perAddress: values.RATE_LIMIT_ADDRESS_PER_MINUTE,
      perUserWrites: values.RATE_LIMIT_WRITE_PER_MINUTE,
    },
    cache: { ttlMs: values.CACHE_TTL_SECONDS * 1000, maxUsers: values.CACHE_MAX_USERS },
    probes: {
      allow: values.CUSTOM_ENDPOINT_ALLOW,
      ports: values.CUSTOM_ENDPOINT_PORTS,
      timeoutMs: values.PROBE_TIMEOUT_SECONDS * 1000,
      caFile: raw.PROBE_CA_FILE,
      /** Provider id → API address in place of the table's. */
      apiUrls: apiUrls(raw) as ReadonlyMap<string, string>,
    },
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Map)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
