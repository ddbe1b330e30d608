// The audit log: one row for everything that happened, in a chain (docs/adr/0016-audit-chain.md).
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const audit: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('audit_log')
      .addColumn('seq', 'bigint', (column) => column.primaryKey())
      // To the millisecond, which is what the chain covers: an edit of less cannot be stored.
      .addColumn('at', 'timestamptz(3)', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('provider', 'text')
      .addColumn('request_id', 'text')
      .addColumn('details', 'jsonb')
      .addColumn('actor_kind', 'text', (column) => column.notNull())
      .addColumn('service', 'text')
      .addColumn('actor_user', 'text')
      .addColumn('subject', 'text')
      .addColumn('address', 'text')
      .addColumn('salt', 'bytea')
      .addColumn('commitment', 'text')
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('mac', 'text', (column) => column.notNull())
      .execute();
    for (const column of ['subject', 'actor_user'])
      await db.schema.createIndex(`audit_log_${column}`).on('audit_log').columns([column, 'seq']).execute();
    await db.schema.createIndex('audit_log_at').on('audit_log').column('at').execute();
    await db.schema.createIndex('audit_log_request_id').on('audit_log').column('request_id').execute();
    await takeBackRights(db, 'audit_log', 'update, delete, truncate');
    for (const table of ['byok_migrations', 'byok_migrations_lock'])
      await takeBackRights(db, table, 'insert, update, delete, truncate');
  },
};

/** What default privileges have just given to others than the owner: rows of these tables are not theirs to change. */
async function takeBackRights(db: Kysely<unknown>, table: string, rights: string): Promise<void> {
  await sql`
    do $$
    declare one record;
    begin
      for one in
        select distinct grants.grantee
        from pg_class, aclexplode(pg_class.relacl) as grants
        where pg_class.oid = ${sql.lit(table)}::regclass and grants.grantee not in (0, pg_class.relowner)
      loop
        execute format(${sql.lit(`revoke ${rights} on ${table} from %I`)}, pg_get_userbyid(one.grantee));
      end loop;
      revoke ${sql.raw(rights)} on ${sql.table(table)} from public;
    end $$`.execute(db);
}
