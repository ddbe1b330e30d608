// The embedded directory on any database, for the contract and for tests of its own.
import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/database/database.ts';
import { createMemoryUserLock } from '../../src/users/memory-user-lock.ts';
import { createPostgresUserDirectory } from '../../src/users/postgres-user-directory.ts';
import type { DirectoryUnderTest } from './directory-under-test.ts';

/** @param close frees the database. */
export function directoryOn({ db }: Database, close: () => Promise<void>): DirectoryUnderTest {
  return {
    directory: createPostgresUserDirectory({ db, lock: createMemoryUserLock({ waitMs: 10_000 }) }),
    async seed({ username, email, firstName, lastName, enabled, emailVerified, attributes }) {
      const id = randomUUID();
      await db
        .insertInto('embedded_users')
        .values({
          id,
          username,
          email: email ?? null,
          first_name: firstName ?? null,
          last_name: lastName ?? null,
          enabled: enabled ?? true,
          email_verified: emailVerified ?? true,
          attributes: JSON.stringify(attributes ?? {}),
        })
        .execute();
      return id;
    },
    async remove(id) {
      await db.deleteFrom('embedded_users').where('id', '=', id).execute();
    },
    close,
  };
}
