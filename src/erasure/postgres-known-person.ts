// Whether this service knows somebody by an id, so that an erasure of nobody is not told as one.
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Schema } from '../database/database-schema.ts';
import { StartupProblem } from '../shared/errors.ts';
import type { UserDirectory } from '../users/user-directory.ts';

interface Whereabouts {
  readonly database: Pick<Database, 'asOwner'>;
  readonly directory: Pick<UserDirectory, 'findById'>;
}

/** @throws StartupProblem where nobody has the id and nothing is stored under it; ByokError where that cannot be known. */
export async function assertKnownPerson(userId: string, { database, directory }: Whereabouts): Promise<void> {
  if (userId.includes('@')) throw new StartupProblem(`${JSON.stringify(userId)} is an address. ${WHICH_ID}`);
  if (await database.asOwner((db) => isStored(db, userId))) return;
  if ((await directory.findById(userId)) !== undefined) return;
  throw new StartupProblem(
    `Nothing here is known by the id ${JSON.stringify(userId.slice(0, 100))}, and nothing was changed. ${WHICH_ID}`,
  );
}

const WHICH_ID =
  'Give the person’s Keycloak id, as it stands in Keycloak under Users, with capitals and small letters as there.';

async function isStored(db: Kysely<Schema>, userId: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from audit_log where subject = ${userId} or actor_user = ${userId})
      or exists (select from usage_events where user_id = ${userId})
      or exists (select from usage_counters where user_id = ${userId})
      or exists (select from key_projection where user_id = ${userId})
      or exists (select from write_intents where user_id = ${userId})
      or exists (select from person_erasures where user_id = ${userId}) as known`.execute(db);
  return rows[0]?.known === true;
}
