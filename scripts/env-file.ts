// Writes .env.byok from the tables of variables: `npm run docs` runs it. A test holds the file to this.
import { pathToFileURL } from 'node:url';
import { VARIABLES } from '../src/config/variables.ts';
import { DEPLOYMENT_VARIABLES, type DeploymentVariable } from './deployment-variables.ts';

type ServiceName = keyof typeof VARIABLES;
type Name = ServiceName | keyof typeof DEPLOYMENT_VARIABLES;

const WIDTH = 120;
const TABLE: Readonly<Record<Name, DeploymentVariable>> = { ...VARIABLES, ...DEPLOYMENT_VARIABLES };
/** Required by the compose file beside those that its own table marks. */
const REQUIRED: ReadonlySet<string> = new Set<ServiceName>(['ENCRYPTION_KEY', 'KEYCLOAK_CLIENT_SECRET']);

/** What only a deployment with the compose file needs to know. */
const NOTES: Partial<Record<Name, string>> = {
  ENCRYPTION_KEY: './deploy-byok.sh offers to make it while there is no data yet.',
  KEYCLOAK_CLIENT_SECRET: 'Choose one for a new client, such as from: openssl rand -hex 32',
  KEYCLOAK_CA_FILE: 'In the container, deploy/ca/NAME.crt is /etc/byok/ca/NAME.crt.',
  PROBE_CA_FILE: 'In the container, deploy/ca/NAME.crt is /etc/byok/ca/NAME.crt.',
};

const INTRODUCTION =
  'Settings of the key service. Copy this file to .env (chmod 600), fill in the lines without a "#" in front, and run ./deploy-byok.sh. Lines with a "#" show the defaults; without a value, the default is empty or described. A secret of the service can come from a file instead: NAME_FILE=/run/secrets/x, which is deploy/secrets/x here (not for DATABASE_URL and REDIS_URL). Without Docker: node --env-file=.env src/main.ts, with the settings of the service alone.';

const HEADINGS: readonly (readonly [heading: string, names: readonly Name[]])[] = [
  ['Host names and TLS', ['BYOK_DOMAIN', 'AUTH_DOMAIN', 'BYOK_TLS']],
  ['Encryption of the stored keys', ['ENCRYPTION_KEY', 'BYOK_REQUIRE_BINDING']],
  [
    'Passwords of the containers',
    [
      'KC_BOOTSTRAP_ADMIN_USERNAME',
      'KC_BOOTSTRAP_ADMIN_PASSWORD',
      'POSTGRES_PASSWORD',
      'BYOK_DB_PASSWORD',
      'KEYCLOAK_DB_PASSWORD',
      'REDIS_PASSWORD',
    ],
  ],
  [
    'Keycloak. The compose file sets KEYCLOAK_URL to https://AUTH_DOMAIN',
    [
      'KEYCLOAK_CLIENT_ID',
      'KEYCLOAK_CLIENT_SECRET',
      'KEYCLOAK_ALLOWED_CLIENTS',
      'KEYCLOAK_REALM',
      'KEYCLOAK_URL',
      'KEYCLOAK_PUBLIC_URL',
      'KEYCLOAK_CA_FILE',
      'KEYCLOAK_ADMIN_USERNAME',
      'KEYCLOAK_ADMIN_PASSWORD',
      'KEYCLOAK_ADMIN_NETWORKS',
      'BYOK_REQUIRE_VERIFIED_EMAIL',
      'KEYCLOAK_TIMEOUT_SECONDS',
      'KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT',
    ],
  ],
  [
    'Addresses. The compose file sets PUBLIC_URL to https://BYOK_DOMAIN and trusts Caddy alone',
    ['PUBLIC_URL', 'BASE_PATH', 'OPS_CENTER_UPSTREAM', 'TRUSTED_PROXIES'],
  ],
  [
    'Databases. The compose file sets DATABASE_URL and REDIS_URL to its own containers',
    ['DATABASE_URL', 'DATABASE_MIGRATION_URL', 'REDIS_URL'],
  ],
  ['Audit log', ['AUDIT_RETENTION_DAYS', 'AUDIT_ANCHOR_URL']],
  ['Tiers', ['BYOK_MINIMUM_TIER', 'BYOK_TIER_RANKS', 'UPGRADE_URL']],
  ['Sessions', ['SESSION_IDLE_SECONDS', 'SESSION_MAX_SECONDS', 'PLATFORM_SESSIONS']],
  [
    'Rate limits',
    [
      'RATE_LIMIT_PER_MINUTE',
      'RATE_LIMIT_ADDRESS_PER_MINUTE',
      'RATE_LIMIT_WRITE_PER_MINUTE',
      'RATE_LIMIT_INTERNAL_PER_MINUTE',
    ],
  ],
  ['Cache', ['CACHE_TTL_SECONDS', 'CACHE_MAX_USERS', 'STALE_MAX']],
  [
    'Providers: tests of keys, and endpoints that people name',
    [
      'PROBE_TIMEOUT_SECONDS',
      'PROBE_CA_FILE',
      'CUSTOM_ENDPOINT_ALLOW',
      'CUSTOM_ENDPOINT_PORTS',
      'BYOK_OPENAI_API_URL',
      'BYOK_ANTHROPIC_API_URL',
      'BYOK_HUGGINGFACE_API_URL',
      'BYOK_COHERE_API_URL',
      'BYOK_TOGETHER_API_URL',
      'BYOK_PERPLEXITY_API_URL',
      'BYOK_GROQ_API_URL',
    ],
  ],
  [
    'Internal services: the platform’s own keys, and counted calls',
    [
      'BYOK_OPENAI_SYSTEM_KEY',
      'BYOK_ANTHROPIC_SYSTEM_KEY',
      'BYOK_HUGGINGFACE_SYSTEM_KEY',
      'BYOK_COHERE_SYSTEM_KEY',
      'BYOK_TOGETHER_SYSTEM_KEY',
      'BYOK_PERPLEXITY_SYSTEM_KEY',
      'BYOK_GROQ_SYSTEM_KEY',
      'USAGE_MIRROR',
    ],
  ],
  ['Watching it', ['METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_ENDPOINT']],
  ['Running', ['LOG_LEVEL', 'DRAIN_SECONDS', 'SHUTDOWN_SECONDS']],
  [
    'Names and ports on this host',
    [
      'BYOK_PROJECT',
      'BYOK_SERVICE_NAME',
      'BYOK_CONTAINER_NAME',
      'BYOK_IMAGE',
      'BYOK_KEYCLOAK_IMAGE',
      'BYOK_NODE_IMAGE',
      'BYOK_KEYCLOAK_BASE_IMAGE',
      'BYOK_CADDY_IMAGE',
      'BYOK_POSTGRES_IMAGE',
      'BYOK_REDIS_IMAGE',
      'BYOK_NETWORK_PREFIX',
      'BYOK_HTTP_PORT',
      'BYOK_HTTPS_PORT',
    ],
  ],
  [
    'Without Docker only: the compose file sets these itself',
    ['NODE_ENV', 'HOST', 'PORT', 'INTERNAL_HOST', 'INTERNAL_PORT', 'BYOK_DATA_DIR', 'TLS_CERT_FILE', 'TLS_KEY_FILE'],
  ],
];

/** The text of .env.byok. @throws Error where a variable has no place under a heading. */
export function envFile(): string {
  const placed = new Set<string>(HEADINGS.flatMap(([, names]) => names));
  const homeless = Object.keys(TABLE).filter((name) => !placed.has(name));
  if (homeless.length > 0) throw new Error(`no heading in scripts/env-file.ts for ${homeless.join(', ')}`);
  const groups = HEADINGS.map(([heading, names]) => [`# --- ${heading} ---`, ...names.map(entry)].join('\n\n'));
  return `${[comment(INTRODUCTION), ...groups].join('\n\n')}\n`;
}

function entry(name: Name): string {
  const { doc, fallback = '', secret, required } = TABLE[name];
  const needed = required === true || REQUIRED.has(name);
  const notes = [needed ? 'required' : '', secret ? 'secret' : ''].filter((note) => note !== '').join(', ');
  const about = [notes === '' ? '' : `(${notes})`, doc, NOTES[name] ?? ''].filter((part) => part !== '').join(' ');
  return `${comment(about)}\n${needed ? '' : '# '}${name}=${secret ? '' : fallback}`;
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(envFile());
