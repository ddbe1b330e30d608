// The users of the embedded default: a table with the same array-valued attributes as Keycloak's.
import { type Kysely, type Selectable, sql } from 'kysely';
import { databaseUnavailable } from '../database/database-fault.ts';
import type { EmbeddedUsersTable, Schema } from '../database/database-schema.ts';
import { databaseReason, errorCode } from '../database/database-statements.ts';
import { addressKey, isSameAddress } from '../shared/email-address.ts';
import { ByokError } from '../shared/errors.ts';
import type { AttributeChanges, DirectoryUser, UserDirectory, UserSection } from './user-directory.ts';
import type { UserLock } from './user-lock.ts';

const PAGE = 200;

interface DirectoryOptions {
  /** Stays open when the directory is closed: it belongs to the caller. */
  readonly db: Kysely<Schema>;
  readonly lock: UserLock;
}

export function createPostgresUserDirectory({ db, lock }: DirectoryOptions): UserDirectory {
  const users = db.selectFrom('embedded_users').selectAll();
  const findById = async (id: string): Promise<DirectoryUser | undefined> =>
    storable(id) ? toUser(await answered(users.where('id', '=', id).executeTakeFirst())) : undefined;
  return {
    findById,
    async findByEmail(email) {
      if (!storable(email) || addressKey(email) === undefined) return undefined;
      const found = toUser(
        await answered(users.where(sql`lower(email)`, '=', sql`lower(${email})`).executeTakeFirst()),
      );
      return found?.email !== undefined && isSameAddress(found.email, email) ? found : undefined;
    },
    async search(query, { first, max }) {
      if (!storable(query)) return [];
      const one = first === 0 ? await findById(query) : undefined;
      if (one !== undefined) return [one];
      const words = query.trim().split(/\s+/);
      const fitting = words.reduce((rows, word) => rows.where(sql<boolean>`${NAMES} ilike ${containing(word)}`), users);
      const rows = fitting.orderBy('username').orderBy('id').offset(first).limit(max);
      return (await answered(rows.execute())).map((row) => toUser(row));
    },
    async openSection(id) {
      if (!storable(id)) return undefined;
      using held = new DisposableStack();
      const { release } = await lock.acquire(id);
      held.defer(release);
      const user = await findById(id);
      if (user === undefined) return undefined;
      // From here on the section gives it back.
      held.move();
      return openSection(db, user, release);
    },
    async *listUsers() {
      for (let last = ''; ; ) {
        const page = await answered(users.where('id', '>', last).orderBy('id').limit(PAGE).execute());
        for (const row of page) yield toUser(row);
        const end = page.at(-1);
        if (end === undefined) return;
        last = end.id;
      }
    },
    async count() {
      const { users: total } = await answered(
        db
          .selectFrom('embedded_users')
          .select((row) => row.fn.countAll<number>().as('users'))
          .executeTakeFirstOrThrow(),
      );
      return total;
    },
    async check() {
      await answered(users.limit(1).execute());
    },
    async close() {},
  };
}

function openSection(db: Kysely<Schema>, user: DirectoryUser, release: () => void): UserSection {
  let open = true;
  const close = (): void => {
    open = false;
    release();
  };
  return {
    user,
    async write(changes) {
      if (!open) throw new Error('the section is closed');
      return writeAttributes(db, user.id, changes);
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** One statement that names only what changes, so that a command in another process cannot undo it. */
async function writeAttributes(db: Kysely<Schema>, id: string, changes: AttributeChanges): Promise<DirectoryUser> {
  const entries = [...changes].map(([name, value]) => [name, value === null ? null : [value]] as const);
  const merged = JSON.stringify(Object.fromEntries(entries));
  const row = await answered(
    db
      .updateTable('embedded_users')
      // An attribute set to null is one to remove; no value in the table is null otherwise.
      .set({ attributes: sql<string>`jsonb_strip_nulls(attributes || ${merged}::jsonb)` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst(),
  );
  if (row === undefined) throw new ByokError('write_conflict', { reason: 'the user was removed meanwhile' });
  return toUser(row);
}

function toUser(row: Selectable<EmbeddedUsersTable>): DirectoryUser;
function toUser(row: Selectable<EmbeddedUsersTable> | undefined): DirectoryUser | undefined;
function toUser(row: Selectable<EmbeddedUsersTable> | undefined): DirectoryUser | undefined {
  return (
    row && {
      id: row.id,
      username: row.username,
      email: row.email ?? undefined,
      firstName: row.first_name ?? undefined,
      lastName: row.last_name ?? undefined,
      enabled: row.enabled,
      emailVerified: row.email_verified,
      attributes: row.attributes,
    }
  );
}

/** What a search looks through. A word has no line break in it, so none is found across two of them. */
const NAMES = sql`concat_ws(e'\\n', email, username, first_name, last_name)`;

/** A pattern for text with exactly this in it. */
const containing = (word: string): string => `%${word.replace(/[\\%_]/g, '\\$&')}%`;

/** PostgreSQL keeps no NUL character, so no user has one, and asking would be an error. */
const storable = (text: string): boolean => !text.includes('\0');

/** SQLSTATE classes for a value that PostgreSQL would not take: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const REFUSED_VALUE = /^2[23]...$/;

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if (REFUSED_VALUE.test(errorCode(error) ?? ''))
      throw new ByokError('write_conflict', { reason: databaseReason(error) });
    throw databaseUnavailable(error);
  }
}
