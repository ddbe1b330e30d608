// The user whom a service names, by id or by email.
import { ByokError } from '../shared/errors.ts';
import type { UserCache } from './user-cache.ts';
import type { UserView } from './user-view.ts';

export type UserName = { readonly email: string } | { readonly id: string };

interface FindUserDeps {
  cache: Pick<UserCache, 'get'>;
  findUserIdByEmail: (email: string) => Promise<string | undefined>;
}

/** Undefined: there is no such user. Throws ByokError `directory_unavailable`. */
export type FindUser = (name: UserName) => Promise<UserView | undefined>;

export function createFindUser({ cache, findUserIdByEmail }: FindUserDeps): FindUser {
  return async (name) => {
    const id = 'id' in name ? name.id : await findUserIdByEmail(name.email);
    return id === undefined ? undefined : await cache.get(id);
  };
}

/** @throws ByokError `user_not_found`. */
export async function mustFind(find: FindUser, name: UserName): Promise<UserView> {
  const user = await find(name);
  if (user === undefined) throw new ByokError('user_not_found');
  return user;
}
