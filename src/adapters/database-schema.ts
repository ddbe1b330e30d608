// The tables, as Kysely sees them.
// Column types are limited to those that read the same on PostgreSQL and on PGlite (see database-parsers.ts):
// text, boolean, integer, bigint (a number), numeric (text), timestamptz (a Date), date (text), bytea (a Buffer)
// and jsonb, which is written as JSON text.
import type { ColumnType, Generated } from 'kysely';

/** Attribute values by name, as in Keycloak. */
type Attributes = Readonly<Record<string, readonly string[]>>;

interface KeyCheckTable {
  /** Always 1: the table has one row at most. */
  id: Generated<number>;
  value: string;
}

export interface EmbeddedUsersTable {
  id: string;
  username: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  enabled: Generated<boolean>;
  attributes: ColumnType<Attributes, string | undefined, string>;
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

export interface Schema {
  key_check: KeyCheckTable;
  embedded_users: EmbeddedUsersTable;
  service_tokens: ServiceTokensTable;
  usage_counters: UsageCountersTable;
  usage_events: UsageEventsTable;
  usage_batches: UsageBatchesTable;
}
