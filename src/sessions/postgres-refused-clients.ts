// Refused clients in PostgreSQL, where `byok doctor` reads what the replicas have seen.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/database-schema.ts';
import { MOST_REFUSED_CLIENTS, type RefusedClientStore } from './refused-clients.ts';

const KEPT = sql`last_seen_at > now() - interval '30 days'`;

export function createPostgresRefusedClients(db: Kysely<Schema>): RefusedClientStore {
  return {
    async note(clientId) {
      await db.deleteFrom('refused_clients').where(sql<boolean>`not ${KEPT}`).execute();
      await sql`
        insert into refused_clients (client_id)
        select ${clientId}
        where exists (select from refused_clients where client_id = ${clientId})
          or (select count(*) from refused_clients) < ${MOST_REFUSED_CLIENTS}
        on conflict (client_id) do update set last_seen_at = now()`.execute(db);
    },
    async list() {
      const rows = await db
        .selectFrom('refused_clients')
        .selectAll()
        .where(sql<boolean>`${KEPT}`)
        .orderBy('last_seen_at', 'desc')
        .orderBy('client_id')
        .execute();
      return rows.map((row) => ({ clientId: row.client_id, lastSeenAt: row.last_seen_at }));
    },
  };
}
