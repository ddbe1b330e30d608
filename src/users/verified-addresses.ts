// Whether an address that nobody has verified identifies a person: the operator's word, else what the database was made with.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/database-schema.ts';

/** @param wanted BYOK_REQUIRE_VERIFIED_EMAIL; undefined where it is not set. */
export async function requiresVerifiedEmail(db: Kysely<Schema>, wanted: boolean | undefined): Promise<boolean> {
  if (wanted !== undefined) return wanted;
  const settings = db.selectFrom('settings').select('value').where('name', '=', 'require_verified_email');
  // Without a word of the database the stricter rule holds.
  return (await settings.executeTakeFirst())?.value !== 'false';
}

export const UNVERIFIED_ACCEPTED =
  'addresses that nobody has verified identify people, as in older versions: have them verified (`byok doctor` counts them), then set BYOK_REQUIRE_VERIFIED_EMAIL=true';
