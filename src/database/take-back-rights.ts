// For tables whose rows are the owner's to change.
import { type Kysely, sql } from 'kysely';

/** What default privileges have just given to others than the owner: rows of these tables are not theirs to change. */
export async function takeBackRights(db: Kysely<unknown>, table: string, rights: string): Promise<void> {
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
