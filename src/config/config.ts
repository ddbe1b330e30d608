// Environment in, one frozen Config out, or every problem at once.
import type { LiveText } from '../shared/live-text.ts';
import { apiUrls, crossChecks, type Env, type Name, systemKeys, type Values } from './config-checks.ts';
import { readSecretFiles } from './secret-files.ts';
import { VARIABLES } from './variables.ts';

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
  readonly clientSecret: LiveText;
  /** Other clients whose users' access tokens count. */
  readonly allowedClients: readonly string[];
  readonly admin: { readonly username: string; readonly password: LiveText } | undefined;
  readonly caFile: string | undefined;
  readonly timeoutMs: number;
  readonly allowUnmanagedSelfEdit: boolean;
}

export type Config = ReturnType<typeof assemble>;

/** @throws ConfigError with every problem found. */
export function parseConfig(given: Env): Config {
  const { env, problems: unreadable } = readSecretFiles(given);
  const problems = [...unreadable];
  const values = readVariables(env, Object.keys(VARIABLES) as Name[], problems);
  problems.push(...crossChecks(values, env));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(assemble(values));
}

/** Checks the variables named, and adds a sentence to `problems` for each that is not valid. */
export function readVariables<N extends Name>(env: Env, names: readonly N[], problems: string[]): Pick<Values, N> {
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

/** Cross-checks have passed: what has a fallback, or has to be there, has a value. */
type Known = { readonly [N in Name]: Exclude<Values[N], undefined> };

/** The values as the parts want them. */
function assemble(raw: Values) {
  const values = raw as Known;
  return {
    production: values.NODE_ENV === 'production',
    ...addresses(raw, values),
    logLevel: values.LOG_LEVEL,
    /** Balancers look at intervals; who tries the service out need not wait for them. */
    drainMs: (raw.DRAIN_SECONDS ?? (values.NODE_ENV === 'production' ? 5 : 0)) * 1000,
    shutdownMs: values.SHUTDOWN_SECONDS * 1000,
    metricsToken: raw.METRICS_TOKEN as LiveText | undefined,
    /** Where traces go. Undefined: nowhere. */
    otlpEndpoint: raw.OTEL_EXPORTER_OTLP_ENDPOINT,
    ...storage(raw, values),
    ...limits(raw, values),
    systemKeys: systemKeys(raw) as ReadonlyMap<string, string>,
    probes: {
      allow: values.CUSTOM_ENDPOINT_ALLOW,
      /** Ollama and its like: only where one person uses the service on one machine. */
      loopback: raw.KEYCLOAK_URL === undefined && values.NODE_ENV !== 'production',
      ports: values.CUSTOM_ENDPOINT_PORTS,
      timeoutMs: values.PROBE_TIMEOUT_SECONDS * 1000,
      caFile: raw.PROBE_CA_FILE,
      apiUrls: apiUrls(raw) as ReadonlyMap<string, string>,
    },
  };
}

/** Where the service listens, and what it is called. */
function addresses(raw: Values, values: Known) {
  const tls =
    raw.TLS_CERT_FILE !== undefined && raw.TLS_KEY_FILE !== undefined
      ? { certFile: raw.TLS_CERT_FILE, keyFile: raw.TLS_KEY_FILE }
      : undefined;
  // Plain HTTP stays on this machine unless somebody asks for more.
  const defaultHost =
    values.NODE_ENV === 'production' || tls !== undefined || values.TRUSTED_PROXIES.length > 0
      ? '0.0.0.0'
      : '127.0.0.1';
  return {
    port: values.PORT,
    host: raw.HOST ?? defaultHost,
    /** Undefined: what internal services call is on `port`. */
    internal:
      raw.INTERNAL_PORT === undefined ? undefined : { port: raw.INTERNAL_PORT, host: raw.INTERNAL_HOST ?? defaultHost },
    // As browsers write it in the Origin header: lower case, without a default port.
    publicUrl: new URL(raw.PUBLIC_URL ?? `${tls === undefined ? 'http' : 'https'}://localhost:${values.PORT}`).origin,
    basePath: values.BASE_PATH,
    tls,
    trustedProxies: values.TRUSTED_PROXIES,
  };
}

/** Where users, keys and the audit log are kept. */
function storage(raw: Values, values: Known) {
  return {
    /** Undefined only in the embedded default, which keeps its own in the data folder. */
    encryptionKeys: raw.ENCRYPTION_KEY as readonly string[] | undefined,
    requireBinding: values.BYOK_REQUIRE_BINDING,
    /** Undefined: the embedded default. */
    keycloak: raw.KEYCLOAK_URL === undefined ? undefined : keycloakAt(raw.KEYCLOAK_URL, raw, values),
    databaseUrl: raw.DATABASE_URL as LiveText | undefined,
    databaseMigrationUrl: raw.DATABASE_MIGRATION_URL as LiveText | undefined,
    dataDir: values.BYOK_DATA_DIR,
    redisUrl: raw.REDIS_URL as LiveText | undefined,
    audit: { retentionDays: raw.AUDIT_RETENTION_DAYS, anchorUrl: raw.AUDIT_ANCHOR_URL as LiveText | undefined },
    /** Undefined: as the database was made. */
    requireVerifiedEmail: raw.BYOK_REQUIRE_VERIFIED_EMAIL,
    cache: {
      ttlMs: values.CACHE_TTL_SECONDS * 1000,
      maxUsers: values.CACHE_MAX_USERS,
      staleMs: values.STALE_MAX * 1000,
    },
  };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function keycloakAt(url: string, raw: Values, values: Known): KeycloakConfig {
  return {
    url: withoutSlash(url),
    publicUrl: withoutSlash(raw.KEYCLOAK_PUBLIC_URL ?? url),
    realm: values.KEYCLOAK_REALM,
    clientId: values.KEYCLOAK_CLIENT_ID,
    clientSecret: values.KEYCLOAK_CLIENT_SECRET,
    allowedClients: values.KEYCLOAK_ALLOWED_CLIENTS,
    admin:
      raw.KEYCLOAK_ADMIN_USERNAME !== undefined && raw.KEYCLOAK_ADMIN_PASSWORD !== undefined
        ? { username: raw.KEYCLOAK_ADMIN_USERNAME, password: raw.KEYCLOAK_ADMIN_PASSWORD }
        : undefined,
    caFile: raw.KEYCLOAK_CA_FILE,
    timeoutMs: values.KEYCLOAK_TIMEOUT_SECONDS * 1000,
    allowUnmanagedSelfEdit: values.KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT,
  };
}

/** Who may do how much. */
function limits(raw: Values, values: Known) {
  return {
    minimumTier: values.BYOK_MINIMUM_TIER,
    tierRanks: values.BYOK_TIER_RANKS,
    upgradeUrl: raw.UPGRADE_URL === undefined ? undefined : new URL(raw.UPGRADE_URL).href,
    session: {
      idleMs: values.SESSION_IDLE_SECONDS * 1000,
      maxMs: values.SESSION_MAX_SECONDS * 1000,
      /** Whether sessions of the ops-center back end count, where its Redis is configured. */
      platform: values.PLATFORM_SESSIONS,
    },
    rateLimits: {
      perUser: values.RATE_LIMIT_PER_MINUTE,
      perAddress: values.RATE_LIMIT_ADDRESS_PER_MINUTE,
      perUserWrites: values.RATE_LIMIT_WRITE_PER_MINUTE,
      perService: values.RATE_LIMIT_INTERNAL_PER_MINUTE,
    },
    usageMirror: values.USAGE_MIRROR,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Map)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
