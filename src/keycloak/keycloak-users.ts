// The calls on Keycloak's users, and a user as it answers them.
import { z } from 'zod';
import { addressKey, isSameAddress } from '../shared/email-address.ts';
import type { DirectoryUser } from '../users/user-directory.ts';
import type { Attempt, KeycloakAdmin } from './keycloak-admin.ts';
import { isNoSuchUser } from './keycloak-failures.ts';
import { mayBeEmail, mayBeInNames, mayBeUserId } from './keycloak-user-id.ts';

export interface KeycloakUsers {
  /** One call. Undefined: no such user. */
  read(id: string): Promise<DirectoryUser | undefined>;
  /** Those whose email is exactly this, letter case ignored. */
  findByEmail(email: string): Promise<DirectoryUser[]>;
  /** Those in whose names every word occurs. `first` counts from 0. */
  search(words: readonly string[], first: number, max: number): Promise<DirectoryUser[]>;
  /** `first` counts from 0. */
  list(first: number, max: number): Promise<DirectoryUser[]>;
  /** How many there are. */
  count(): Promise<number>;
  /** Replaces names and attributes by those of `user`. */
  replace(user: DirectoryUser): Promise<Attempt<unknown>>;
}

const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const userShape = z
  .object({
    id: z.string().min(1),
    username: z.string(),
    email: optional,
    firstName: optional,
    lastName: optional,
    enabled: z.boolean(),
    // Left out where nobody ever verified it.
    emailVerified: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    attributes: z.record(z.string(), z.array(z.string())).default({}),
  })
  .readonly();

export function createKeycloakUsers(admin: KeycloakAdmin): KeycloakUsers {
  return {
    async read(id) {
      if (!mayBeUserId(id)) return undefined;
      const result = await admin.attempt({
        kind: 'read',
        name: 'read a user',
        shape: userShape,
        fits: (user) => user.id === id,
        // The client would answer null for every 404; only one of them means that there is no such user.
        run: (client) => client.users.findOne({ id }, { catchNotFound: false }),
      });
      if (result.ok) return result.value;
      if (isNoSuchUser(result.failure)) return undefined;
      throw result.error;
    },

    async findByEmail(email) {
      // Keycloak takes an empty email for no condition at all.
      if (!mayBeEmail(email) || addressKey(email) === undefined) return [];
      const found = await admin.call({
        kind: 'find',
        name: 'find users by email',
        shape: z.array(userShape),
        run: (client) => client.users.find({ email, exact: true }),
      });
      return found.filter((user) => user.email !== undefined && isSameAddress(user.email, email));
    },

    async search(words, first, max) {
      // An asterisk stands for anything, and nothing makes it stand for itself: what has one in it cannot be looked for.
      if (words.some((word) => word.includes('*') || !mayBeInNames(word))) return [];
      // Every word has to be in one of the names. Without asterisks around it, it would have to be at the beginning; with
      // them, quotation marks and `id:` mean nothing. `%`, `_` and `\\` are taken as they are (measured).
      const search = words.map((word) => `*${word}*`).join(' ');
      return await admin.call({
        kind: 'search',
        name: 'search for users',
        shape: z.array(userShape),
        run: (client) => client.users.find({ search, first, max, briefRepresentation: false }),
      });
    },

    list: (first, max) =>
      admin.call({
        kind: 'list',
        name: 'list users',
        shape: z.array(userShape),
        run: (client) => client.users.find({ first, max, briefRepresentation: false }),
      }),

    count: () =>
      admin.call({
        kind: 'count',
        name: 'count users',
        shape: z.int().nonnegative(),
        run: (client) => client.users.count(),
      }),

    // Exactly these fields. A PUT without email and names erases them; one that echoes more would re-enable a user
    // whom an administrator has disabled in between. Fields that are undefined are not sent.
    replace: ({ id, username, email, firstName, lastName, attributes }) =>
      admin.attempt({
        kind: 'write',
        name: 'write a user',
        shape: z.literal(''),
        run: (client) => {
          const names = Object.entries({ email, firstName, lastName }).filter(([, value]) => value !== undefined);
          return client.users.update({ id }, { username, attributes, ...Object.fromEntries(names) });
        },
      }),
  };
}
