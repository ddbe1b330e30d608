// What administrators see of one person: who they are and which keys they have, never anything of a key.
import { projectUser } from '../adoption/key-projection.ts';
import type { KeyUse, KeyUses } from '../release/key-uses.ts';
import { ByokError } from '../shared/errors.ts';
import type { Tiers } from '../users/tiers.ts';
import type { UserCache } from '../users/user-cache.ts';
import type { DirectoryUser, UserDirectory } from '../users/user-directory.ts';
import { type KeyView, nameOf, type UserView } from '../users/user-view.ts';

type Person = Pick<UserView, 'id' | 'email' | 'name' | 'enabled' | 'tier'>;

/** What may be shown to others than the owner. */
export interface AdministeredKey
  extends Pick<KeyView, 'provider' | 'addedDate' | 'lastTested' | 'testStatus' | 'testReason' | 'enabled' | 'state'> {
  readonly lastUse: KeyUse | undefined;
}

/** Every method throws ByokError `directory_unavailable`. */
export interface UserAdministration {
  /** `keys`: how many each has. `more`: whether there is a next page. */
  search(
    query: string,
    page: { readonly first: number; readonly max: number },
  ): Promise<{ readonly users: readonly (Person & { readonly keys: number })[]; readonly more: boolean }>;
  /** As the directory has it now. @throws ByokError `user_not_found`, `database_unavailable`. */
  keysOf(userId: string): Promise<{ readonly user: Person; readonly keys: readonly AdministeredKey[] }>;
}

interface UserAdministrationDeps {
  readonly directory: Pick<UserDirectory, 'search'>;
  readonly cache: Pick<UserCache, 'find'>;
  readonly keyUses: KeyUses;
  readonly tiers: Tiers;
}

export function createUserAdministration(deps: UserAdministrationDeps): UserAdministration {
  const { directory, cache, keyUses, tiers } = deps;
  const found = (user: DirectoryUser) => ({
    id: user.id,
    email: user.email,
    name: nameOf(user),
    enabled: user.enabled,
    tier: tiers.tierOf(user),
    keys: projectUser(user).length,
  });
  return {
    async search(query, { first, max }) {
      // One more tells whether there is a next page.
      const users = await directory.search(query, { first, max: max + 1 });
      return { users: users.slice(0, max).map(found), more: users.length > max };
    },
    async keysOf(userId) {
      const user = (await cache.find(userId, { revalidate: true }))?.view;
      if (user === undefined) throw new ByokError('user_not_found');
      const uses = new Map((await keyUses.lastOf(userId)).map((use) => [use.provider, use]));
      return { user, keys: user.keys.map((key) => ({ ...key, lastUse: uses.get(key.provider) })) };
    },
  };
}
