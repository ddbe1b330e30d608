// The service's database seen from outside: a PostgreSQL, or the embedded one over its socket (docs/storage.md).
import pg from 'pg';
import type { Json } from './recording.ts';
import type { StoredUser, UserStore } from './store.ts';

export interface AuditRow {
  readonly [column: string]: Json;
}

export interface Database {
  /** Rows after that number, oldest first. */
  auditRows(after: number): Promise<readonly { readonly seq: number; readonly row: AuditRow }[]>;
  run(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** @param where a connection string, or the data folder of an embedded database. */
export async function openDatabase(where: { url: string } | { folder: string }): Promise<Database> {
  const client = new pg.Client(
    'url' in where
      ? { connectionString: where.url }
      : { host: where.folder, port: 5432, user: 'postgres', database: 'postgres' },
  );
  // It goes away with the service that it belongs to.
  client.on('error', () => undefined);
  await client.connect();
  const run: Database['run'] = async (sql, values = []) => (await client.query(sql, [...values])).rows;
  return {
    run,
    async auditRows(after) {
      // All columns but what is random or a time.
      const rows = await run(
        `select seq, action, outcome, reason, provider, request_id, details, actor_kind, service, actor_user, subject,
          address, key_id, salt is null as erased from audit_log where seq > $1 order by seq`,
        [after],
      );
      return rows.map(({ seq, ...row }) => ({ seq: Number(seq), row: row as AuditRow }));
    },
    close: () => client.end().catch(() => undefined),
  };
}

/** The people of the embedded default, who are rows. */
export function embeddedUsers({ run }: Database): UserStore {
  return {
    async users() {
      const rows = await run('select * from embedded_users');
      return new Map(rows.map(({ id, attributes, ...fields }) => [String(id), { attributes, fields } as StoredUser]));
    },
    async setAttributes(id, changes) {
      const [row] = await run('select attributes from embedded_users where id = $1', [id]);
      const merged = { ...(row?.attributes as object), ...changes };
      const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
      await run('update embedded_users set attributes = $2 where id = $1', [id, JSON.stringify(kept)]);
    },
    setEnabled: async (id, enabled) =>
      void (await run('update embedded_users set enabled = $2 where id = $1', [id, enabled])),
    remove: async (id) => void (await run('delete from embedded_users where id = $1', [id])),
  };
}
