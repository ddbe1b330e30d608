// Variables of what is stored: with which key, in which Keycloak, database and Redis, for how long.
import { z } from 'zod';
import { postgresUrl, redisUrl } from './server-url.ts';
import { flag, integer, keycloakUrl, list, type Variables, webUrl } from './variable-schemas.ts';

export const ENCRYPTION_VARIABLES = {
  ENCRYPTION_KEY: {
    schema: list.refine(
      (items) => items.length > 0,
      'must contain a key: where keys are stored already, theirs; for a new installation, one of `byok generate-key`',
    ),
    doc: 'Fernet key (`byok generate-key`), or several separated by commas: the first encrypts, once every running replica has it, and all decrypt. docs/guide.md says how to change it. Back it up: without it every stored key is lost. The embedded default makes its own.',
    secret: true,
  },
  BYOK_REQUIRE_BINDING: {
    schema: flag,
    doc: '`false` while the old Python service still writes keys, which carry no binding. See docs/migrating.md.',
    fallback: 'true',
  },
} as const satisfies Variables;

export const KEYCLOAK_VARIABLES = {
  KEYCLOAK_URL: {
    schema: keycloakUrl,
    doc: 'Keycloak, without /realms. Unset with every other KEYCLOAK_* variable: the embedded default with demo users.',
  },
  KEYCLOAK_PUBLIC_URL: {
    schema: keycloakUrl,
    doc: 'Keycloak as browsers and tokens name it, where that differs from KEYCLOAK_URL.',
  },
  KEYCLOAK_REALM: {
    // What Keycloak refuses in names, and what no address carries.
    schema: z
      .string()
      .max(255, 'must be a realm name')
      .regex(/^(?!\.{1,2}$)[^\p{C}\p{Zl}\p{Zp}`%!@#$^&*()+={}[\]|\\:";<>,?/]+$/u, 'must be a realm name'),
    doc: 'Realm whose users own keys.',
    fallback: 'uchub',
  },
  KEYCLOAK_CLIENT_ID: {
    schema: z.string().min(1),
    doc: 'Confidential client for sign-in and the service account.',
    fallback: 'ops-center',
  },
  KEYCLOAK_ALLOWED_CLIENTS: {
    schema: list,
    doc: 'Other clients of the realm, separated by commas, whose users may call this service with the access tokens made for them (`azp`). Such a token must name KEYCLOAK_CLIENT_ID as an audience too.',
    fallback: '',
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
  BYOK_REQUIRE_VERIFIED_EMAIL: {
    schema: flag,
    doc: '`true` finds people by email only where the address is verified; `false` by any. Unset: `true`, but `false` with a database of a version that did not ask for it.',
  },
  KEYCLOAK_TIMEOUT_SECONDS: { schema: integer(1, 60), doc: 'Longest wait for one Keycloak call.', fallback: '5' },
  KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT: {
    schema: flag,
    doc: '`true` starts even on a realm that lets people edit their own tier. Only for trying things out.',
    fallback: 'false',
  },
} as const satisfies Variables;

export const DATABASE_VARIABLES = {
  DATABASE_URL: {
    schema: postgresUrl,
    doc: 'PostgreSQL, as `postgres://user:password@host/database`. In a user name or password, here and in DATABASE_MIGRATION_URL and REDIS_URL, write / as %2F, @ as %40, # as %23, ? as %3F and % as %25; + and = stay. Unset: an embedded PostgreSQL in BYOK_DATA_DIR, for one process.',
    secret: true,
  },
  DATABASE_MIGRATION_URL: {
    schema: postgresUrl,
    doc: 'The same database for the role that owns its tables: migrations, `byok audit prune`, `byok audit erase` and `byok erase-user` use it, so that the role in DATABASE_URL need not be able to change audit rows (deploy/postgres/roles.sql).',
    secret: true,
  },
  BYOK_DATA_DIR: {
    schema: z.string().min(1),
    doc: 'Folder of the embedded database and of its encryption key.',
    fallback: '.data',
  },
  REDIS_URL: {
    schema: redisUrl,
    doc: 'Redis for sessions and rate limits, for the sessions of the ops-center back end, and to keep several replicas in step: `redis://`, `rediss://`, or `redis+sentinel://` for Sentinel. Unset: in memory, for one replica.',
    secret: true,
  },
} as const satisfies Variables;

export const AUDIT_VARIABLES = {
  AUDIT_RETENTION_DAYS: {
    schema: integer(1, 36_500),
    doc: 'Audit rows older than this are deleted once a day. Unset: they are kept for ever.',
  },
  AUDIT_ANCHOR_URL: {
    schema: webUrl('https://witness.example.com/byok'),
    doc: 'Where the head of the audit chain is sent as JSON, every 1,000 rows, every hour with new ones, after each erasure and at a stop: a place that this service cannot change.',
    secret: true,
  },
} as const satisfies Variables;

export const CACHE_VARIABLES = {
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
} as const satisfies Variables;
