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
  key_projection: KeyProjectionTable;
  adoption_snapshots: AdoptionSnapshotsTable;
  key_check: KeyCheckTable;
  embedded_users: EmbeddedUsersTable;
}
