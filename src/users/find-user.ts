// The user whom a service names, by id or by email.
import { ByokError } from '../shared/errors.ts';
import type { FindUserByEmail } from './find-user-by-email.ts';
import type { UserCache } from './user-cache.ts';
import type { UserView } from './user-view.ts';

export type UserName = { readonly email: string } | { readonly id: string };

interface FindUserDeps {
  cache: Pick<UserCache, 'get'>;
  findUserByEmail: FindUserByEmail;
}

/** Undefined: there is no such user. Throws ByokError as `FindUserByEmail` does. */
export type FindUser = (name: UserName) => Promise<UserView | undefined>;

export function createFindUser({ cache, findUserByEmail }: FindUserDeps): FindUser {
  return async (name) => ('id' in name ? await cache.get(name.id) : (await findUserByEmail(name.email))?.view);
}

/** @throws ByokError `user_not_found`. */
export async function mustFind(find: FindUser, name: UserName): Promise<UserView> {
  const user = await find(name);
  if (user === undefined) throw new ByokError('user_not_found');
  return user;
}
