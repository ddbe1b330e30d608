// The tables, as Kysely sees them.
// Column types are limited to those that read the same on PostgreSQL and on PGlite (see postgres-pool.ts):
// text, boolean, integer, bigint (a number), numeric (text), timestamptz (a Date), date (text), bytea (a Buffer)
// and jsonb, which is written as JSON text.
import type { ColumnType, Generated } from 'kysely';

/** Attribute values by name, as in Keycloak. */
type Attributes = Readonly<Record<string, readonly string[]>>;

interface KeyCheckTable {
  /** Always 1: the table has one row at most. */
  id: Generated<number>;
  /** Of the oldest master key that counts. */
  value: string;
  /** Ids of the master keys that are out of use, with spaces between them. */
  retired: Generated<string>;
}

export interface EmbeddedUsersTable {
  id: string;
  username: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  enabled: Generated<boolean>;
  email_verified: Generated<boolean>;
  attributes: ColumnType<Attributes, string | undefined, string>;
}

/** What was decided once for this database. */
interface SettingsTable {
  name: string;
  value: string;
}

export interface AuditLogTable {
  seq: number;
  at: ColumnType<Date, string, never>;
  action: string;
  outcome: string;
  reason: string | null;
  provider: string | null;
  request_id: string | null;
  details: ColumnType<Readonly<Record<string, string | number | boolean>> | null, string | null, never>;
  actor_kind: string;
  /** Who acted, where that is no person. */
  service: string | null;
  /** Personal, as the next two: gone with the salt once the person is erased. */
  actor_user: string | null;
  subject: string | null;
  address: string | null;
  salt: Buffer | null;
  commitment: string | null;
  key_id: string;
  mac: string;
}

export interface ServiceTokensTable {
  id: Generated<number>;
  name: string;
  /** SHA-256, hex. */
  token_hash: string;
  /** Words separated by spaces. */
  scopes: string;
  /** The same; null: all. */
  providers: string | null;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
}

interface UsageCountersTable {
  user_id: string;
  day: string;
  used: number;
  mirrored_on: string | null;
}

interface UsageEventsTable {
  service: string;
  event_id: string;
  user_id: string;
  provider: string;
  tokens_used: number;
  /** Numeric: exact. */
  cost_usd: string;
  occurred_at: Date;
  recorded_at: Generated<Date>;
}

interface UsageBatchesTable {
  service: string;
  batch_key: string;
  body_hash: string;
  answer: ColumnType<unknown, string, string>;
  created_at: Generated<Date>;
}

/** A running service. Written by it alone; one that has not been seen for a while is gone. */
interface ReplicasTable {
  id: string;
  started_at: Generated<Date>;
  seen_at: Generated<Date>;
  /** Ids of its encryption keys, with blanks between; null: of an older version, which did not say. */
  key_ids: string | null;
  host: string | null;
}

interface RefusedClientsTable {
  client_id: string;
  last_seen_at: Generated<Date>;
}

interface KeyProjectionTable {
  user_id: string;
  provider: string;
  enabled: boolean;
  test_status: string | null;
  updated_at: Generated<Date>;
}

interface AdoptionSnapshotsTable {
  day: string;
  users_total: number | null;
  users_with_keys: number;
  /** Provider id → number of keys. */
  keys: ColumnType<Readonly<Record<string, number>>, string, string>;
}

export interface Schema {
  audit_log: AuditLogTable;
  key_projection: KeyProjectionTable;
  adoption_snapshots: AdoptionSnapshotsTable;
  key_check: KeyCheckTable;
  settings: SettingsTable;
  embedded_users: EmbeddedUsersTable;
  service_tokens: ServiceTokensTable;
  usage_counters: UsageCountersTable;
  usage_events: UsageEventsTable;
  usage_batches: UsageBatchesTable;
  replicas: ReplicasTable;
  refused_clients: RefusedClientsTable;
}
