// What the service does with each of its tables, and whether its role may. deploy/postgres/roles.sql gives these rights.
import { type Kysely, sql } from 'kysely';
import type { Schema } from './database-schema.ts';

type Right = 'select' | 'insert' | 'update' | 'delete';

/** Every table, also those that only commands write with the same role. */
export const RIGHTS: Readonly<Record<string, readonly Right[]>> = {
  key_check: ['select', 'insert'],
  embedded_users: ['select', 'insert', 'update'],
  audit_log: ['select', 'insert'],
  service_tokens: ['select', 'insert', 'update'],
  usage_counters: ['select', 'insert', 'update'],
  usage_events: ['select', 'insert'],
  usage_batches: ['select', 'insert', 'delete'],
  write_intents: ['select', 'insert', 'delete'],
  replicas: ['select', 'insert', 'update', 'delete'],
  key_projection: ['select', 'insert', 'update', 'delete'],
  settings: ['select'],
  refused_clients: ['select', 'insert', 'update', 'delete'],
  adoption_snapshots: ['select', 'insert', 'update'],
  person_erasures: ['select', 'delete'],
};

/** @returns such as `insert on audit_log`. A table that is not there lacks none: that is another fault. */
export async function missingRights(db: Kysely<Schema>): Promise<string[]> {
  const wanted = Object.entries(RIGHTS).flatMap(([name, rights]) => rights.map((one) => ({ name, right: one })));
  const { rows } = await sql<{ name: string; right: string }>`
    select name, "right" from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as wanted (name text, "right" text)
    where not has_table_privilege(to_regclass(name), "right")`.execute(db);
  return rows.map(({ name, right }) => `${right} on ${name}`);
}
