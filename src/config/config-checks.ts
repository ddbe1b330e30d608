// What several variables must be together: checks that no single variable's schema can make.
import type { z } from 'zod';
import { parseFernetKey } from '../crypto/fernet.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { LOWEST_TIER } from '../users/tiers.ts';
import type { VARIABLES } from './variables.ts';

export type Env = Readonly<Record<string, string | undefined>>;
export type Name = keyof typeof VARIABLES;
/** What the variables hold; undefined where one is not set and has no default, or is not valid. */
export type Values = { [N in Name]: z.output<(typeof VARIABLES)[N]['schema']> | undefined };

/**
 * One sentence a problem, beginning with the variable's name and never with anything of its value in it.
 * A variable that is set and not valid has its problem already: here it counts as set, and nothing more is said of it.
 */
export function* crossChecks(values: Values, env: Env): Generator<string> {
  const production = values.NODE_ENV === 'production';
  // Any name that begins so, also one that this service does not know: a slip of the pen must not start the demo users.
  const keycloakName = Object.keys(env).find((name) => name.startsWith('KEYCLOAK_') && isSet(env, name));
  yield* encryptionKeyChecks(values);
  if (keycloakName === undefined) yield* embeddedChecks(values, production);
  else if (!isSet(env, 'KEYCLOAK_URL'))
    yield `KEYCLOAK_URL must be set, because ${keycloakName} is: the embedded default wants no KEYCLOAK_* at all`;
  if (keycloakName !== undefined || production) yield* keycloakChecks(values, env, production);
  yield* transportChecks(values, env, production);
  yield* internalChecks(values, env, production);
  yield* tierChecks(values);
  yield* auditChecks(values, env);
  const { SESSION_IDLE_SECONDS: idle, SESSION_MAX_SECONDS: max } = values;
  if (idle !== undefined && max !== undefined && idle > max)
    yield 'SESSION_IDLE_SECONDS must not be longer than SESSION_MAX_SECONDS';
}

/** A file that cannot be read has its problem already. */
const isSet = (env: Env, name: string): boolean => Boolean(env[name]?.trim() || env[`${name}_FILE`]?.trim());

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
const isLoopback = (url: string): boolean => LOOPBACK_HOSTS.has(new URL(url).hostname.replace(/^\[|\]$/g, ''));
const isHttps = (url: string): boolean => new URL(url).protocol === 'https:';

function* encryptionKeyChecks({ ENCRYPTION_KEY: keys = [] }: Values): Generator<string> {
  // The list as a whole, as env files have it: one thing to put right, not one in its first key and one in its last.
  if (keys.length > 1 && /^(["'])[^"']*\1$/.test(keys.join(','))) {
    yield 'ENCRYPTION_KEY is in quotes: remove them';
    return;
  }
  const seen: string[] = [];
  for (const [index, key] of keys.entries()) {
    const name = keys.length > 1 ? `ENCRYPTION_KEY (number ${index + 1})` : 'ENCRYPTION_KEY';
    const { bytes, problem } = parseFernetKey(key);
    if (problem !== undefined) yield `${name} ${problem}`;
    // In another spelling it is still the same key: nothing has been changed by listing it twice.
    const twin = bytes === undefined ? -1 : seen.indexOf(bytes.toString('hex'));
    if (twin !== -1) yield `${name} is the same key as number ${twin + 1}: remove one of them`;
    seen.push(bytes?.toString('hex') ?? '');
  }
}

function* embeddedChecks(values: Values, production: boolean): Generator<string> {
  if (production)
    yield 'KEYCLOAK_URL must be set in production: the embedded default with its demo users is for trying things out';
  if (values.HOST !== undefined && !LOOPBACK_HOSTS.has(values.HOST))
    yield 'HOST must be a loopback address while no KEYCLOAK_* is set: the demo users have no passwords';
  if (values.PUBLIC_URL !== undefined && !isLoopback(values.PUBLIC_URL))
    yield 'PUBLIC_URL must be a localhost address while no KEYCLOAK_* is set: the demo users have no passwords';
  if (values.INTERNAL_HOST !== undefined && !LOOPBACK_HOSTS.has(values.INTERNAL_HOST))
    yield 'INTERNAL_HOST must be a loopback address while no KEYCLOAK_* is set: the demo users have no passwords';
  if ((values.TRUSTED_PROXIES ?? []).length > 0)
    yield 'TRUSTED_PROXIES cannot be used while no KEYCLOAK_* is set: the demo users are for this machine only';
}

function* keycloakChecks(values: Values, env: Env, production: boolean): Generator<string> {
  for (const name of ['KEYCLOAK_URL', 'KEYCLOAK_PUBLIC_URL'] as const) {
    const url = values[name];
    if (production && url !== undefined && !isHttps(url) && !isLoopback(url))
      yield `${name} must be https in production: tokens and keys travel over it`;
  }
  if (!isSet(env, 'KEYCLOAK_CLIENT_SECRET'))
    yield 'KEYCLOAK_CLIENT_SECRET must be set (the client is confidential; `byok keycloak setup` prints its secret)';
  if (!isSet(env, 'ENCRYPTION_KEY'))
    yield 'ENCRYPTION_KEY must be set: where keys are stored already, put theirs back; for a new installation make one with `byok generate-key` and back it up';
  if (isSet(env, 'KEYCLOAK_ADMIN_USERNAME') !== isSet(env, 'KEYCLOAK_ADMIN_PASSWORD'))
    yield 'KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD must be set together';
}

function* transportChecks(values: Values, env: Env, production: boolean): Generator<string> {
  if (isSet(env, 'TLS_CERT_FILE') !== isSet(env, 'TLS_KEY_FILE'))
    yield 'TLS_CERT_FILE and TLS_KEY_FILE must be set together';
  else if (production && !isSet(env, 'TLS_CERT_FILE') && values.TRUSTED_PROXIES?.length === 0)
    yield 'TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES for the proxy that ends TLS, must be set in production: keys travel over HTTPS only';
  if (production && !isSet(env, 'PUBLIC_URL'))
    yield 'PUBLIC_URL must be set in production, such as https://ops.example.com';
  if (values.PUBLIC_URL !== undefined) {
    if (production && !isHttps(values.PUBLIC_URL)) yield 'PUBLIC_URL must be https in production';
    if (new URL(values.PUBLIC_URL).pathname !== '/')
      yield 'PUBLIC_URL must not contain a path: put the path into BASE_PATH';
  }
  for (const [id, apiUrl] of apiUrls(values)) {
    if (!isHttps(apiUrl) && (production || !isLoopback(apiUrl)))
      yield `BYOK_${id.toUpperCase()}_API_URL must be https: keys travel over it`;
  }
}

function* auditChecks({ AUDIT_ANCHOR_URL: anchorUrl }: Values, env: Env): Generator<string> {
  if (anchorUrl !== undefined && !isHttps(anchorUrl) && !isLoopback(anchorUrl))
    yield 'AUDIT_ANCHOR_URL must be https: anyone who can change anchors on their way can hide what was cut off';
  if (isSet(env, 'DATABASE_MIGRATION_URL') && !isSet(env, 'DATABASE_URL'))
    yield 'DATABASE_MIGRATION_URL needs DATABASE_URL: it is the same database for another role';
}

function* internalChecks(
  { PORT: port, INTERNAL_PORT: internal }: Values,
  env: Env,
  production: boolean,
): Generator<string> {
  if (production && !isSet(env, 'INTERNAL_PORT'))
    yield 'INTERNAL_PORT must be set in production, such as 8085: keys are released on a port that is not open to the world';
  if (production)
    for (const [name, value] of Object.entries({ PORT: port, INTERNAL_PORT: internal }))
      if (value === 0) yield `${name} must not be 0 in production: every start would take another port`;
  if (internal !== undefined && internal !== 0 && internal === port)
    yield 'INTERNAL_PORT must be another port than PORT';
}

function* tierChecks({ BYOK_TIER_RANKS: ranks, BYOK_MINIMUM_TIER: minimum }: Values): Generator<string> {
  if (ranks === undefined || minimum === undefined) return;
  const lowest = Object.hasOwn(ranks, LOWEST_TIER) ? ranks[LOWEST_TIER] : undefined;
  if (lowest === undefined || Object.values(ranks).some((rank) => rank < lowest))
    yield `BYOK_TIER_RANKS must contain ${LOWEST_TIER} and nothing below it: lapsed and unknown subscriptions count as ${LOWEST_TIER}`;
  if (!Object.hasOwn(ranks, minimum)) yield 'BYOK_MINIMUM_TIER is not in BYOK_TIER_RANKS';
}

/** Provider id → the platform's own key. */
export function systemKeys(values: Values): Map<string, string> {
  const keys = [...PROVIDERS.keys()].map((id) => [id, values[`BYOK_${id.toUpperCase()}_SYSTEM_KEY` as Name]] as const);
  return new Map(keys.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'));
}

/** Provider id → API address in place of the provider table's. */
export function apiUrls(values: Values): Map<string, string> {
  const urls = [...PROVIDERS.keys()].map((id) => [id, values[`BYOK_${id.toUpperCase()}_API_URL` as Name]] as const);
  return new Map(urls.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'));
}
