// Every place that holds a person: what an erasure does there, whether the person can have it, and what backs it up.
// A test holds the list to the tables: a column that is in none of the two lists fails it. docs/storage.md is made from it.

export interface PersonPlace {
  /** `table.column`, a Keycloak attribute, a key of Redis, or what else it is. */
  readonly place: string;
  readonly holds: string;
  /** What `byok erase-user` does, or why nothing. */
  readonly erased: string;
  /** How the person gets it. */
  readonly exported: string;
  /** What backs it up, or why nothing has to. */
  readonly backedUp: string;
}

/** In the place of the person in rows that stay. */
export const ERASED = 'erased';

const DATABASE = 'with the database';
const SELF = 'short-lived: no';

export const PERSON_PLACES: readonly PersonPlace[] = [
  {
    place: 'Keycloak: `byok_*`',
    holds: 'the person’s keys and what is known of them',
    erased: 'removed; `byok audit erase` leaves them',
    exported: '`GET /keys`, masked',
    backedUp: 'with Keycloak',
  },
  {
    place: 'Keycloak: account, `subscription_*`, `api_calls_*`, `stripe_customer_id`',
    holds: 'who the person is, and what they pay for',
    erased: 'not here: the platform’s, which deletes the account',
    exported: '`GET /auth/me`; Keycloak’s account console',
    backedUp: 'with Keycloak',
  },
  place('audit_log.actor_user', 'who acted', 'emptied, with the salt of the commitment', '`GET /audit`'),
  place('audit_log.subject', 'on whose account', 'emptied, with the salt of the commitment', '`GET /audit`'),
  place('audit_log.address', 'from which address', 'emptied, with the salt of the commitment', '`GET /audit`'),
  place('audit_log.salt', 'what ties the commitment to the person', 'emptied', 'no: tells nothing by itself'),
  place(
    'audit_log.commitment',
    'a hash over person, address and salt, which the chain needs',
    'stays: without the salt nobody can tell who it was',
    'no: tells nothing by itself',
  ),
  place(
    'audit_log.service',
    'name of the service, or of the operator’s account on the machine',
    'stays: who operated is part of what the log is for',
    '`GET /admin/audit`',
  ),
  place(
    'usage_events.user_id',
    'who used a provider',
    'replaced by `erased`: sums and event ids stay',
    'no: billing’s',
  ),
  place('usage_counters.user_id', 'whose calls of a day', 'the row is deleted', 'no: billing’s'),
  place('key_projection.user_id', 'who has keys for which provider', 'the rows are deleted', '`GET /keys`'),
  place('write_intents.user_id', 'whose account is being changed', 'deleted once they are over', SELF),
  place(
    'person_erasures.user_id',
    'who is being erased, so that every replica hears of it',
    'deleted ten minutes after the erasure',
    SELF,
  ),
  ...['id', 'username', 'email', 'email_verified', 'first_name', 'last_name', 'attributes'].map((column) =>
    place(
      `embedded_users.${column}`,
      'the demo users of the embedded default',
      column === 'attributes' ? 'keys removed, as in Keycloak' : 'stays: made-up people',
      '`GET /auth/me`',
    ),
  ),
  {
    place: 'Redis: `byok:session:*`, `byok:user-sessions:*`, `byok:provider-session:*`',
    holds: 'sessions: id, email, name, roles, ID token, browser',
    erased: 'ended at once',
    exported: '`GET /auth/sessions`',
    backedUp: 'no: people sign in again',
  },
  short('Redis: `byok:limit:user:*` and the like', 'counters by user id or address', '60 s'),
  short(
    'Redis: `byok:sign-in:*`, `byok:sign-in-used:*`',
    'a sign-in that has not come back, of somebody yet unknown',
    '10 min',
  ),
  short('Redis: `session:*`', 'sessions of the ops-center back end, which ends them', 'up to the back end'),
  short('memory: sessions without Redis, accounts, addresses', 'the same as above', 'dropped within two seconds'),
  {
    place: 'log of the service',
    holds: 'user ids and addresses in lines of requests',
    erased: 'not by us: keep logs no longer than you need them',
    exported: 'no',
    backedUp: 'wherever your logs are',
  },
  {
    place: 'anchors of the audit log',
    holds: 'numbers and hashes of rows, nothing of a person',
    erased: 'stays: nothing to erase',
    exported: 'no',
    backedUp: 'kept elsewhere by design',
  },
  {
    place: 'backups from before the erasure',
    holds: 'all of the above as it was',
    erased: 'not by us: note the id with the backups, and erase again after a restore',
    exported: 'no',
    backedUp: '–',
  },
];

function place(column: string, holds: string, erased: string, exported: string): PersonPlace {
  return { place: column, holds, erased, exported, backedUp: DATABASE };
}

function short(where: string, holds: string, gone: string): PersonPlace {
  return { place: where, holds, erased: `gone by itself: ${gone}`, exported: 'no', backedUp: SELF };
}

/** Columns in which no person is, each by name: words, numbers, hashes of secrets, times. */
export const IMPERSONAL_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  key_check: ['id', 'value', 'retired'],
  embedded_users: ['enabled'],
  settings: ['name', 'value'],
  refused_clients: ['client_id', 'last_seen_at'],
  audit_log: [
    ...['seq', 'at', 'action', 'outcome', 'reason', 'provider', 'request_id', 'details', 'actor_kind', 'key_id', 'mac'],
  ],
  service_tokens: ['id', 'name', 'token_hash', 'scopes', 'providers', 'created_at', 'expires_at', 'revoked_at'],
  usage_counters: ['day', 'used', 'mirrored_on'],
  usage_events: ['service', 'event_id', 'provider', 'tokens_used', 'cost_usd', 'occurred_at', 'recorded_at'],
  usage_batches: ['service', 'batch_key', 'body_hash', 'answer', 'created_at'],
  write_intents: ['id', 'begun_at', 'deadline'],
  replicas: ['id', 'host', 'key_ids', 'started_at', 'seen_at'],
  key_projection: ['provider', 'enabled', 'test_status', 'updated_at'],
  adoption_snapshots: ['day', 'users_total', 'users_with_keys', 'keys'],
  person_erasures: ['begun_at', 'finished_at'],
  byok_migrations: ['name', 'timestamp'],
  byok_migrations_lock: ['id', 'is_locked'],
  byok_migration_notes: ['name', 'readable_from', 'version'],
};
