// The people of the embedded default, one of each tier, so that everything can be tried.
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/database-schema.ts';

const DEMO_TIERS = ['trial', 'starter', 'professional', 'enterprise'] as const;

/** Adds those that are not there yet; those that are there are left as they are. */
export async function seedDemoUsers(db: Kysely<Schema>): Promise<void> {
  const users = DEMO_TIERS.map((tier) => ({
    id: randomUUID(),
    username: tier,
    email: `${tier}@example.com`,
    first_name: 'Demo',
    email_verified: true,
    last_name: tier.charAt(0).toUpperCase() + tier.slice(1),
    attributes: JSON.stringify({ subscription_tier: [tier], subscription_status: ['active'] }),
  }));
  await db
    .insertInto('embedded_users')
    .values(users)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
