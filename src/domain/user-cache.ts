// Views of users (ciphertext and previews, never a plain key) kept for a few minutes in front of the directory.
import { LRUCache } from 'lru-cache';
import type { DirectoryUser, UserDirectory } from './user-directory.ts';
import type { UserView, ViewUser } from './user-view.ts';

interface UserCacheOptions {
  directory: Pick<UserDirectory, 'findById'>;
  viewUser: ViewUser;
  ttlMs: number;
  maxUsers: number;
}

export interface UserCache {
  /** The user, from memory or with one call to the directory however many ask at once. Undefined: no such user. */
  get(userId: string): Promise<UserView | undefined>;
  /** Takes what a write has read back. */
  put(user: DirectoryUser): UserView;
  /** Forgets the user. A fill that is under way still answers its callers, and is not kept. */
  invalidate(userId: string): void;
  counts(): { readonly hits: number; readonly misses: number; readonly size: number };
}

export function createUserCache({ directory, viewUser, ttlMs, maxUsers }: UserCacheOptions): UserCache {
  const views = new LRUCache<string, UserView>({ max: maxUsers, ttl: ttlMs, ttlResolution: 100 });
  // lru-cache's own fetch() answers undefined when a write interrupts it, which would read as "no such user".
  const fills = new Map<string, Promise<UserView | undefined>>();
  let hits = 0;
  let misses = 0;

  const fill = (userId: string): Promise<UserView | undefined> => {
    // Only the fill that is still registered may be kept: a write since its beginning has removed it.
    const isCurrent = (): boolean => fills.get(userId) === started;
    const started: Promise<UserView | undefined> = Promise.resolve()
      .then(() => directory.findById(userId))
      .then((user) => {
        const view = user === undefined ? undefined : viewUser(user);
        if (view !== undefined && isCurrent()) views.set(userId, view);
        return view;
      })
      .finally(() => {
        if (isCurrent()) fills.delete(userId);
      });
    fills.set(userId, started);
    return started;
  };

  return {
    get(userId) {
      const view = views.get(userId);
      if (view !== undefined) {
        hits += 1;
        return Promise.resolve(view);
      }
      misses += 1;
      return fills.get(userId) ?? fill(userId);
    },
    put(user) {
      const view = viewUser(user);
      fills.delete(user.id);
      views.set(user.id, view);
      return view;
    },
    invalidate(userId) {
      fills.delete(userId);
      views.delete(userId);
    },
    counts: () => ({ hits, misses, size: views.size }),
  };
}
