// Every environment variable the service reads: its check, and what it is for.
// README.md and .env.byok are held to this table by a test.
import { z } from 'zod';
import {
  flag,
  integer,
  isAddressList,
  isCidr,
  isPort,
  keycloakUrl,
  linkUrl,
  list,
  oneOf,
  url,
  webUrl,
} from './variable-schemas.ts';

interface Variable {
  readonly schema: z.ZodType;
  readonly doc: string;
  readonly fallback?: string;
  /** Empty in .env.byok and never printed. */
  readonly secret?: true;
}

/** Like keys of users: what an HTTP header can carry. */
const systemKey = (provider: string) =>
  ({
    schema: z.string().regex(/^[\x21-\x7e]{10,4096}$/, 'must be 10 to 4096 printable ASCII characters without spaces'),
    doc: `The platform’s own ${provider} key, for services that accept it where a user has none.`,
    secret: true,
  }) as const;

export const VARIABLES = {
  NODE_ENV: {
    schema: oneOf('development', 'production', 'test'),
    doc: '`production` demands HTTPS, Keycloak and an encryption key of your own.',
    fallback: 'development',
  },
  PORT: { schema: integer(0, 65535), doc: 'Port to listen on.', fallback: '8084' },
  HOST: {
    schema: z.string().min(1),
    doc: 'Address to listen on. The embedded default accepts loopback addresses only. Default: 127.0.0.1, and 0.0.0.0 once TLS_CERT_FILE, TRUSTED_PROXIES or production say that HTTPS is taken care of.',
  },
  INTERNAL_PORT: {
    schema: integer(0, 65535),
    doc: 'Port for internal services: key release, tiers and usage are there and nowhere else. Required in production. Unset elsewhere: with Keycloak they are nowhere; in the embedded default on PORT.',
  },
  INTERNAL_HOST: {
    schema: z.string().min(1),
    doc: 'Address that INTERNAL_PORT listens on. Default as for HOST: 127.0.0.1, and 0.0.0.0 once TLS_CERT_FILE, TRUSTED_PROXIES or production say that HTTPS is taken care of.',
  },
  PUBLIC_URL: {
    schema: webUrl('https://ops.example.com'),
    doc: 'What browsers call this service: scheme, host and port. Default: http(s)://localhost:PORT.',
  },
  BASE_PATH: {
    schema: z
      .string()
      .regex(
        /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*$/,
        'must be empty or a path such as /byok, without a slash at the end',
      ),
    doc: 'Path in front of every route, to live beside another service on one host name.',
    fallback: '',
  },
  LOG_LEVEL: {
    schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    doc: 'How much is logged.',
    fallback: 'info',
  },
  METRICS_TOKEN: {
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/, 'must be 16 or more printable ASCII characters without spaces'),
    doc: 'Opens /metrics on PORT to those who send this as a bearer. Unset: /metrics is not on PORT.',
    secret: true,
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: webUrl('http://collector:4318'),
    doc: 'OpenTelemetry collector that traces are sent to, by OTLP over HTTP in JSON. Unset: no traces.',
  },
  SHUTDOWN_SECONDS: { schema: integer(1, 300), doc: 'How long a stop waits for requests in flight.', fallback: '20' },

  ENCRYPTION_KEY: {
    schema: list.refine((items) => items.length > 0, 'must contain a key: make one with `byok generate-key`'),
    doc: 'Fernet key (`byok generate-key`), or several separated by commas, newest first: the first encrypts, all decrypt. Back it up: without it every stored key is lost. The embedded default makes its own.',
    secret: true,
  },
  BYOK_REQUIRE_BINDING: {
    schema: flag,
    doc: '`false` while the old Python service still writes keys, which carry no binding. See docs/migrating.md.',
    fallback: 'true',
  },

  KEYCLOAK_URL: {
    schema: keycloakUrl,
    doc: 'Keycloak, without /realms. Unset with every other KEYCLOAK_* variable: the embedded default with demo users.',
  },
  KEYCLOAK_PUBLIC_URL: {
    schema: keycloakUrl,
    doc: 'Keycloak as browsers and tokens name it, where that differs from KEYCLOAK_URL.',
  },
  KEYCLOAK_REALM: {
    schema: z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'must be a realm name'),
    doc: 'Realm whose users own keys.',
    fallback: 'uchub',
  },
  KEYCLOAK_CLIENT_ID: {
    schema: z.string().min(1),
    doc: 'Confidential client for sign-in and the service account.',
    fallback: 'ops-center',
  },
  KEYCLOAK_CLIENT_SECRET: { schema: z.string().min(1), doc: 'Its secret.', secret: true },
  KEYCLOAK_ADMIN_USERNAME: {
    schema: z.string().min(1),
    doc: 'Admin of realm master: for `byok keycloak setup`, and for the service where the client has no service account.',
  },
  KEYCLOAK_ADMIN_PASSWORD: { schema: z.string().min(1), doc: "The admin's password.", secret: true },
  KEYCLOAK_CA_FILE: {
    schema: z.string().min(1),
    doc: 'PEM file of a private certificate authority that signed Keycloak’s certificate.',
  },
  KEYCLOAK_TIMEOUT_SECONDS: { schema: integer(1, 60), doc: 'Longest wait for one Keycloak call.', fallback: '5' },
  KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT: {
    schema: flag,
    doc: '`true` starts even on a realm that lets people edit their own tier. Only for trying things out.',
    fallback: 'false',
  },

  DATABASE_URL: {
    schema: url(['postgres:', 'postgresql:'], 'postgres://user:password@host/database'),
    doc: 'PostgreSQL. Unset: an embedded PostgreSQL in BYOK_DATA_DIR, for one process.',
    secret: true,
  },
  DATABASE_MIGRATION_URL: {
    schema: url(['postgres:', 'postgresql:'], 'postgres://user:password@host/database'),
    doc: 'The same database for the role that owns its tables: migrations, `byok audit prune` and `byok audit erase` use it, so that the role in DATABASE_URL need not be able to change audit rows (deploy/postgres/roles.sql).',
    secret: true,
  },
  BYOK_DATA_DIR: {
    schema: z.string().min(1),
    doc: 'Folder of the embedded database and of its encryption key.',
    fallback: '.data',
  },
  REDIS_URL: {
    schema: url(['redis:', 'rediss:'], 'redis://host:6379'),
    doc: 'Redis for sessions and rate limits, for the sessions of the ops-center back end, and to keep several replicas in step. Unset: in memory, for one replica.',
    secret: true,
  },

  AUDIT_RETENTION_DAYS: {
    schema: integer(1, 36_500),
    doc: 'Audit rows older than this are deleted once a day. Unset: they are kept for ever.',
  },
  AUDIT_ANCHOR_URL: {
    schema: webUrl('https://witness.example.com/byok'),
    doc: 'Where the head of the audit chain is sent as JSON, every 1,000 rows and every hour: a place that this service cannot change.',
    secret: true,
  },

  TLS_CERT_FILE: { schema: z.string().min(1), doc: 'PEM certificate chain, to serve HTTPS directly.' },
  TLS_KEY_FILE: { schema: z.string().min(1), doc: 'PEM private key of that certificate.' },
  TRUSTED_PROXIES: {
    schema: list.refine(
      (items) => items.every(isCidr),
      'must be addresses or CIDR ranges, such as 10.0.0.0/8, separated by commas',
    ),
    doc: 'Addresses or CIDR ranges of the proxies whose X-Forwarded-* headers count.',
    fallback: '',
  },

  BYOK_MINIMUM_TIER: { schema: z.string().min(1), doc: 'Lowest tier that may store keys.', fallback: 'starter' },
  BYOK_TIER_RANKS: {
    schema: z
      .string()
      .transform((value) => value.split(',').map((part) => /^\s*([a-z0-9_-]+)\s*=\s*(\d{1,3})\s*$/.exec(part)))
      .refine((parts) => parts.every((part) => part !== null), 'must look like trial=0,starter=2')
      .transform((parts) => parts.map((part) => [part?.[1] ?? '', Number(part?.[2])] as const))
      .refine((ranks) => new Map(ranks).size === ranks.length, 'must name each tier once')
      .transform((ranks) => Object.fromEntries(ranks)),
    doc: 'Ranks of the tiers; a higher number includes the lower ones. Tiers not listed rank lowest.',
    fallback: 'trial=0,free=1,starter=2,byok=2,professional=3,managed=3,founder_friend=3,vip_founder=3,enterprise=4',
  },
  UPGRADE_URL: {
    schema: linkUrl('https://ops.example.com/subscription'),
    doc: 'Where people change their subscription: shown to those whose tier does not include storing keys.',
  },

  SESSION_IDLE_SECONDS: {
    schema: integer(60, 86_400),
    doc: 'A session ends after this long without use.',
    fallback: '7200',
  },
  SESSION_MAX_SECONDS: {
    schema: integer(60, 604_800),
    doc: 'A session ends after this long in any case.',
    fallback: '43200',
  },

  RATE_LIMIT_PER_MINUTE: { schema: integer(1, 1_000_000), doc: 'Requests a minute for one user.', fallback: '120' },
  RATE_LIMIT_ADDRESS_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Requests a minute from one address.',
    fallback: '600',
  },
  RATE_LIMIT_WRITE_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Adds, and separately tests, a minute for one user.',
    fallback: '20',
  },

  RATE_LIMIT_INTERNAL_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Requests a minute for one internal service.',
    fallback: '6000',
  },
  USAGE_MIRROR: {
    schema: flag,
    doc: '`true` copies the counted calls of each user to the Keycloak attributes once a day. Each copy is a full write of the user.',
    fallback: 'false',
  },

  CACHE_TTL_SECONDS: {
    schema: integer(1, 3600),
    doc: 'How long key records (ciphertext) are kept in memory.',
    fallback: '300',
  },
  CACHE_MAX_USERS: {
    schema: integer(1, 1_000_000),
    doc: 'How many users’ records are kept in memory.',
    fallback: '10000',
  },

  STALE_MAX: {
    schema: integer(0, 604_800),
    doc: 'For how many seconds longer key records answer while Keycloak cannot be reached; 0 for not at all.',
    fallback: '3600',
  },

  CUSTOM_ENDPOINT_ALLOW: {
    schema: list.refine(isAddressList, 'must be host names, addresses or CIDR ranges, separated by commas'),
    doc: 'Host names, addresses or CIDR ranges inside your network that endpoints may point to, in spite of the ban on private addresses.',
    fallback: '',
  },
  CUSTOM_ENDPOINT_PORTS: {
    schema: list
      .refine((items) => items.every(isPort), 'must be port numbers separated by commas')
      .transform((items) => items.map(Number)),
    doc: 'Ports that endpoints may use.',
    fallback: '443,8443',
  },
  PROBE_TIMEOUT_SECONDS: {
    schema: integer(1, 60),
    doc: 'Longest wait for a provider when a key is tested.',
    fallback: '15',
  },
  PROBE_CA_FILE: {
    schema: z.string().min(1),
    doc: 'PEM file of a private certificate authority for providers behind a corporate proxy.',
  },
  BYOK_OPENAI_API_URL: {
    schema: webUrl('https://eu.api.openai.com/v1'),
    doc: 'Another address for OpenAI’s API.',
  },
  BYOK_ANTHROPIC_API_URL: {
    schema: webUrl('https://api.anthropic.com/v1'),
    doc: 'Another address for Anthropic’s API.',
  },
  BYOK_HUGGINGFACE_API_URL: {
    schema: webUrl('https://huggingface.co/api'),
    doc: 'Another address for HuggingFace’s API.',
  },
  BYOK_COHERE_API_URL: {
    schema: webUrl('https://api.cohere.com/v1'),
    doc: 'Another address for Cohere’s API.',
  },
  BYOK_TOGETHER_API_URL: {
    schema: webUrl('https://api.together.xyz/v1'),
    doc: 'Another address for Together AI’s API.',
  },
  BYOK_PERPLEXITY_API_URL: {
    schema: webUrl('https://api.perplexity.ai'),
    doc: 'Another address for Perplexity’s API.',
  },
  BYOK_GROQ_API_URL: {
    schema: webUrl('https://api.groq.com/openai/v1'),
    doc: 'Another address for Groq’s API.',
  },
  BYOK_OPENAI_SYSTEM_KEY: systemKey('OpenAI'),
  BYOK_ANTHROPIC_SYSTEM_KEY: systemKey('Anthropic'),
  BYOK_HUGGINGFACE_SYSTEM_KEY: systemKey('HuggingFace'),
  BYOK_COHERE_SYSTEM_KEY: systemKey('Cohere'),
  BYOK_TOGETHER_SYSTEM_KEY: systemKey('Together AI'),
  BYOK_PERPLEXITY_SYSTEM_KEY: systemKey('Perplexity AI'),
  BYOK_GROQ_SYSTEM_KEY: systemKey('Groq'),
} as const satisfies Record<string, Variable>;
