// Which tables a connection works on: two that name the same place work on the same ones.
import { type Kysely, sql } from 'kysely';
import type { Schema } from './database-schema.ts';

/** The cluster (the same on its standbys), the database and the table in it. Undefined where the role may not look. */
export async function placeOfTables(db: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{ cluster: string; database: number; table: string | null }>`
    select (select system_identifier::text from pg_control_system()) as cluster,
      (select oid::int8 from pg_database where datname = current_database()) as database,
      to_regclass('audit_log')::oid::text as table`.execute(db);
  const [found] = rows;
  return found === undefined ? undefined : `${found.cluster} ${found.database} ${found.table ?? 'none'}`;
}

/** Whether this role may make tables where they belong. */
export async function mayMakeTables(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ may: boolean | null }>`
    select has_schema_privilege(current_schema(), 'create') as may`.execute(db);
  return rows[0]?.may === true;
}
