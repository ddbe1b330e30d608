// Whether the database takes what the service writes, as far as that can be asked without writing.
import { type Kysely, sql } from 'kysely';
import type { PartFault } from '../shared/part-fault.ts';
import { STANDBY } from './database-fault.ts';
import { missingRights } from './database-rights.ts';
import type { Schema } from './database-schema.ts';

/** Where `default_transaction_read_only` comes from when it was set for the role, or in DATABASE_URL itself. */
const OWN_SOURCES: ReadonlySet<string> = new Set(['user', 'database user', 'client', 'session']);

/** Undefined: it takes writes, of this role. */
export async function unwritable(db: Kysely<Schema>): Promise<PartFault | undefined> {
  return (await readOnly(db)) ?? (await lackOfRights(db));
}

/** A standby may become the primary at any time; a role that may only read stays so. */
export async function readOnly(db: Kysely<Schema>): Promise<PartFault | undefined> {
  const { rows } = await sql<{ reads: string; standby: boolean; source: string; role: string }>`
    select current_setting('transaction_read_only') as reads, pg_is_in_recovery() as standby, current_user as role,
      (select source from pg_settings where name = 'default_transaction_read_only') as source`.execute(db);
  const [found] = rows;
  if (found === undefined || found.reads === 'off') return undefined;
  if (found.standby || !OWN_SOURCES.has(found.source)) return STANDBY;
  return {
    word: 'read_only',
    lasting: true,
    advice: `The role ${found.role} in DATABASE_URL may only read: default_transaction_read_only is on for it. Take that back (alter role ${found.role} reset default_transaction_read_only), also from the options in DATABASE_URL.`,
  };
}

async function lackOfRights(db: Kysely<Schema>): Promise<PartFault | undefined> {
  const missing = await missingRights(db);
  if (missing.length === 0) return undefined;
  const { rows } = await sql<{ role: string }>`select current_user as role`.execute(db);
  return {
    word: 'not_permitted',
    lasting: true,
    advice: `The role ${rows[0]?.role} in DATABASE_URL lacks ${missing.join(', ')}. Run deploy/postgres/roles.sql, or grant these rights.`,
  };
}
