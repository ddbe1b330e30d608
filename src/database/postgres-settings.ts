// What was decided once for this database, by a migration.
import type { Kysely } from 'kysely';
import type { Schema } from './database-schema.ts';

/**
 * Whether an address has to be verified to identify a person: the operator's word, else what the database was made with.
 * @param wanted BYOK_REQUIRE_VERIFIED_EMAIL; undefined where it is not set.
 */
export async function requiresVerifiedEmail(db: Kysely<Schema>, wanted: boolean | undefined): Promise<boolean> {
  if (wanted !== undefined) return wanted;
  const setting = db.selectFrom('settings').select('value').where('name', '=', 'require_verified_email');
  // Without a word of the database the stricter rule holds.
  return (await setting.executeTakeFirst())?.value !== 'false';
}
