// Service tokens (their hashes), and what services count and record of the use of keys.
import { type Kysely, sql } from 'kysely';
import type { DatabaseMigration } from '../database-migration.ts';

export const serviceTokensAndUsage: DatabaseMigration = {
  readableFrom: 1,
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('service_tokens')
      .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('token_hash', 'text', (column) => column.notNull().unique())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('providers', 'text')
      .addColumn('created_at', 'timestamptz', (column) => column.notNull())
      .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
      .addColumn('revoked_at', 'timestamptz')
      .execute();
    await db.schema
      .createIndex('service_tokens_name')
      .on('service_tokens')
      .column('name')
      .unique()
      .where(sql.ref('revoked_at'), 'is', null)
      .execute();
    await db.schema
      .createTable('usage_counters')
      .addColumn('user_id', 'text', (column) => column.primaryKey())
      .addColumn('day', 'date', (column) => column.notNull())
      .addColumn('used', 'bigint', (column) => column.notNull())
      .addColumn('mirrored_on', 'date')
      .execute();
    await db.schema
      .createTable('usage_events')
      .addColumn('service', 'text', (column) => column.notNull())
      .addColumn('event_id', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('tokens_used', 'bigint', (column) => column.notNull())
      .addColumn('cost_usd', 'numeric', (column) => column.notNull())
      .addColumn('occurred_at', 'timestamptz', (column) => column.notNull())
      .addColumn('recorded_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addPrimaryKeyConstraint('usage_events_id', ['service', 'event_id'])
      .execute();
    await db.schema
      .createIndex('usage_events_of_user')
      .on('usage_events')
      .columns(['user_id', 'occurred_at'])
      .execute();
    await db.schema
      .createTable('usage_batches')
      .addColumn('service', 'text', (column) => column.notNull())
      .addColumn('batch_key', 'text', (column) => column.notNull())
      .addColumn('body_hash', 'text', (column) => column.notNull())
      .addColumn('answer', 'jsonb', (column) => column.notNull())
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addPrimaryKeyConstraint('usage_batches_key', ['service', 'batch_key'])
      .execute();
    await db.schema.createIndex('usage_batches_age').on('usage_batches').column('created_at').execute();
  },
};
