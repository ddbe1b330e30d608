// Names that lack a word of ours, or have one more or another one, and names of other software.
import { describe, expect, it } from 'vitest';
import { unknownVariables } from '../../src/config/unknown-variables.ts';
import { VARIABLES } from '../../src/config/variables.ts';

const saidOf = (name: string) => [...unknownVariables({ [name]: '1' })];

describe('a name that differs from ours by a word', () => {
  it.each([
    ['CACHE_TTL', 'CACHE_TTL_SECONDS'],
    ['cache_ttl', 'CACHE_TTL_SECONDS'],
    ['SESSION_IDLE', 'SESSION_IDLE_SECONDS'],
    ['SESSION_MAX', 'SESSION_MAX_SECONDS'],
    ['CACHE_MAX', 'CACHE_MAX_USERS'],
    ['AUDIT_RETENTION', 'AUDIT_RETENTION_DAYS'],
    ['RATE_LIMIT_ADDRESS', 'RATE_LIMIT_ADDRESS_PER_MINUTE'],
    ['KEYCLOAK_TIMEOUT', 'KEYCLOAK_TIMEOUT_SECONDS'],
    ['BYOK_OPENAI_KEY', 'BYOK_OPENAI_SYSTEM_KEY'],
    ['STALE_MAX_SECONDS', 'STALE_MAX'],
    ['SHUTDOWN_TIMEOUT_SECONDS', 'SHUTDOWN_SECONDS'],
    ['RATE_LIMIT_USER_PER_MINUTE', 'RATE_LIMIT_PER_MINUTE'],
    ['ENCRYPTION_KEY_OLD', 'ENCRYPTION_KEY'],
    ['CACHE_TTL_MS', 'CACHE_TTL_SECONDS'],
    ['SESSION_IDLE_MINUTES', 'SESSION_IDLE_SECONDS'],
    ['SESSION_MAX_AGE', 'SESSION_MAX_SECONDS'],
    ['BYOK_OPENAI_API_KEY', 'BYOK_OPENAI_SYSTEM_KEY'],
    ['RATE_LIMIT_PER_SECOND', 'RATE_LIMIT_PER_MINUTE'],
    ['SESSION_TTL_SECONDS', 'SESSION_IDLE_SECONDS or SESSION_MAX_SECONDS'],
    ['SESSION_SECONDS', 'SESSION_IDLE_SECONDS or SESSION_MAX_SECONDS'],
  ])('%s is told as a slip, with %s', (name, meant) => {
    expect(saidOf(name)).toEqual([`${name} is not read by the service: did you mean ${meant}?`]);
  });

  it('and is as near to many of them, or says another thing, gets no suggestion', () => {
    for (const name of ['BYOK_SYSTEM_KEY', 'KEYCLOAK_CLIENT_NAME', 'BYOK_MISTRAL_SYSTEM_KEY'])
      expect(saidOf(name)).toEqual([`${name} is not read by the service: remove it, or look it up in the README`]);
  });

  it('is never one of ours', () => {
    expect(Object.keys(VARIABLES).flatMap(saidOf)).toEqual([]);
  });
});

describe('a name that other software sets', () => {
  it.each([
    ...['PATH', 'HOME', 'TZ', 'LANG', 'PWD', 'SHLVL', 'HOSTNAME', 'USER', 'TERM', 'PORT_NAME', 'HOST_IP', 'HOST_NAME'],
    ...['NODE_OPTIONS', 'NODE_VERSION', 'NODE_EXTRA_CA_CERTS', 'LOG_FORMAT', 'LOG_FILE', 'LOG_LEVEL_ROOT'],
    ...['npm_config_cache', 'npm_config_user_agent', 'npm_lifecycle_event', 'npm_package_name', 'YARN_VERSION'],
    ...['PGHOST', 'PGPASSWORD', 'PGDATA', 'POSTGRES_PASSWORD', 'POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_INITDB_ARGS'],
    ...['DATABASE_NAME', 'DATABASE_USER', 'DATABASE_PASSWORD', 'DATABASE_PORT', 'DATABASE_PUBLIC_URL', 'DATABASE_POOL'],
    ...['DATABASE_URL_UNPOOLED', 'DATABASE_POOL_MAX', 'SHADOW_DATABASE_URL', 'TEST_DATABASE_URL', 'DIRECT_URL'],
    ...['REDIS_PASSWORD', 'REDIS_PORT', 'REDIS_DB', 'REDIS_TLS_URL', 'REDIS_PUBLIC_URL', 'REDIS_URL_CACHE'],
    ...['KC_HOSTNAME', 'KC_DB_PASSWORD', 'KC_BOOTSTRAP_ADMIN_PASSWORD', 'KC_PROXY_HEADERS', 'KC_HTTP_ENABLED'],
    ...['SESSION_SECRET', 'SESSION_DRIVER', 'SESSION_MANAGER', 'SESSION_COOKIE_NAME', 'CACHE_DRIVER', 'CACHE_DIR'],
    ...['CACHE_MAX_AGE', 'CACHE_SIZE', 'SESSION_TYPE', 'METRICS_PATH', 'PROBE_PORT', 'DRAIN', 'SHUTDOWN', 'UPGRADE'],
    ...['TLS_CA_FILE', 'TLS_ENABLED', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'PUBLIC_PATH', 'BASE_DIR', 'INTERNAL_API_HOST'],
    ...['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    ...['OTEL_SERVICE_NAME', 'RATE_LIMIT_WINDOW', 'RATE_LIMIT_WINDOW_MS', 'METRICS_PORT', 'METRICS_ENABLED'],
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'XDG_SESSION_ID', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'SECRET_KEY'],
  ])('%s is left alone', (name) => {
    expect(saidOf(name)).toEqual([]);
  });
});
