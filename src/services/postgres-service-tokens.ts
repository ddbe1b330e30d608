// Service tokens in a table, by their hash.
import type { Kysely, Selectable } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { Schema, ServiceTokensTable } from '../database/database-schema.ts';
import { SERVICE_SCOPES } from '../shared/service-scopes.ts';
import type { ServiceToken, ServiceTokenStore } from './service-token-store.ts';

export function createPostgresServiceTokens(db: Kysely<Schema>): ServiceTokenStore {
  const tokens = db.selectFrom('service_tokens').selectAll();
  return {
    async create({ name, scopes, providers, createdAt, expiresAt, tokenHash }) {
      const row = await answered(
        db
          .insertInto('service_tokens')
          .values({
            name,
            token_hash: tokenHash,
            scopes: scopes.join(' '),
            providers: providers?.join(' ') ?? null,
            created_at: createdAt,
            expires_at: expiresAt,
            revoked_at: null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    async findByHash(tokenHash) {
      const row = await answered(
        tokens.where('token_hash', '=', tokenHash).where('revoked_at', 'is', null).executeTakeFirst(),
      );
      return row && toToken(row);
    },
    async list() {
      return (await answered(tokens.orderBy('id').execute())).map(toToken);
    },
    async revoke(name, at) {
      const row = await answered(
        db
          .updateTable('service_tokens')
          .set({ revoked_at: at })
          .where('name', '=', name)
          .where('revoked_at', 'is', null)
          .returning('id')
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
  };
}

function toToken(row: Selectable<ServiceTokensTable>): ServiceToken {
  const scopes = row.scopes.split(' ');
  return {
    name: row.name,
    scopes: SERVICE_SCOPES.filter((scope) => scopes.includes(scope)),
    providers: row.providers?.split(' '),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw databaseUnavailable(error);
  }
}
