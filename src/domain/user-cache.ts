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

/** A view, and how old the reading behind it is. */
export interface CachedUser {
  readonly view: UserView;
  /** Since the directory was asked, in milliseconds. */
  readonly ageMs: number;
  /** Older than the time that records are kept for: the directory cannot be reached. */
  readonly stale: boolean;
}

export interface UserCache {
  /** As `get`, with the age of the answer. */
  find(userId: string): Promise<CachedUser | undefined>;
  /** The user, from memory or with one call to the directory however many ask at once. Undefined: no such user. */
  get(userId: string): Promise<UserView | undefined>;
  /** Takes what a write has read back. */
  put(user: DirectoryUser): UserView;
  /** Forgets the user. A fill that is under way still answers its callers, and is not kept. */
  invalidate(userId: string): void;
  counts(): { readonly hits: number; readonly misses: number; readonly size: number };
}

interface Entry {
  readonly view: UserView;
  /** When the directory was asked, in the time of `performance.now()`. */
  readonly readAt: number;
}

export function createUserCache({ directory, viewUser, ttlMs, maxUsers }: UserCacheOptions): UserCache {
  const entries = new LRUCache<string, Entry>({ max: maxUsers, ttl: ttlMs, ttlResolution: 100 });
  // lru-cache's own fetch() answers undefined when a write interrupts it, which would read as "no such user".
  const fills = new Map<string, Promise<Entry | undefined>>();
  let hits = 0;
  let misses = 0;

  const fill = (userId: string): Promise<Entry | undefined> => {
    const readAt = performance.now();
    // Only the fill that is still registered may be kept: a write since its beginning has removed it.
    const isCurrent = (): boolean => fills.get(userId) === started;
    const started: Promise<Entry | undefined> = Promise.resolve()
      .then(() => directory.findById(userId))
      .then((user) => {
        const entry = user === undefined ? undefined : { view: viewUser(user), readAt };
        if (entry !== undefined && isCurrent()) entries.set(userId, entry);
        return entry;
      })
      .finally(() => {
        if (isCurrent()) fills.delete(userId);
      });
    fills.set(userId, started);
    return started;
  };

  const load = (userId: string): Promise<Entry | undefined> => {
    const entry = entries.get(userId);
    if (entry !== undefined) {
      hits += 1;
      return Promise.resolve(entry);
    }
    misses += 1;
    return fills.get(userId) ?? fill(userId);
  };

  return {
    get: async (userId) => (await load(userId))?.view,
    async find(userId) {
      const entry = await load(userId);
      return entry && { view: entry.view, ageMs: performance.now() - entry.readAt, stale: false };
    },
    put(user) {
      const view = viewUser(user);
      fills.delete(user.id);
      entries.set(user.id, { view, readAt: performance.now() });
      return view;
    },
    invalidate(userId) {
      fills.delete(userId);
      entries.delete(userId);
    },
    counts: () => ({ hits, misses, size: entries.size }),
  };
}
