// What happens to a database whose tables are missing or behind: the service makes them, commands do not unless asked to.
import type { Kysely } from 'kysely';
import { StartupProblem } from '../shared/errors.ts';
import { MIGRATIONS, migrateDatabase, pendingMigrations } from './database-migrations.ts';
import type { Schema } from './database-schema.ts';
import { errorCode } from './database-statements.ts';

/** `refuse`: nothing is made. `leave`: the same, but tables may be missing, for commands that only look. */
export type Missing = 'make' | 'refuse' | 'leave';

export interface MissingTables {
  readonly missing: Missing;
  /** Added to a refusal: what else can be done. */
  readonly hint: string | undefined;
}

/** SQLSTATE of `permission denied`. */
const NO_RIGHTS = '42501';

/** @throws StartupProblem where tables are missing and may not be made, or where the database is too new. */
export async function settleTables(db: Kysely<Schema>, { missing, hint = '' }: MissingTables): Promise<void> {
  const pending = await pendingMigrations(db);
  if (pending.length === 0 || missing === 'leave') return;
  const names = pending.join(', ');
  if (missing === 'make') {
    try {
      await migrateDatabase(db);
      return;
    } catch (error) {
      if (errorCode(error) !== NO_RIGHTS) throw error;
      throw new StartupProblem(
        `The database lacks ${names}, and its role may not change tables. Run \`byok migrate\` with DATABASE_MIGRATION_URL, the role that owns them. Nothing was changed.`,
        { cause: error },
      );
    }
  }
  if (pending.length === Object.keys(MIGRATIONS).length) {
    throw new StartupProblem(
      `The database has no tables of this service, and nothing was made. Check DATABASE_URL; a new database gets them from the service's first start, or from \`byok migrate\`.${hint}`,
    );
  }
  throw new StartupProblem(
    `The database lacks ${names}. Run \`byok migrate\`, or start the service: nothing was changed.`,
  );
}
