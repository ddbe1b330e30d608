// Views of users (ciphertext and previews, never a plain key) kept for a few minutes in front of the directory, and for
// longer as a last resort while the directory is out of reach.
import { LRUCache } from 'lru-cache';
import type { InvalidationListener } from '../replicas/invalidation.ts';
import { type DirectoryUser, isDirectoryAway, type UserDirectory } from './user-directory.ts';
import { createUserHolds } from './user-holds.ts';
import type { UserView, ViewUser } from './user-view.ts';

interface UserCacheOptions {
  directory: Pick<UserDirectory, 'findById'>;
  viewUser: ViewUser;
  ttlMs: number;
  maxUsers: number;
  /** How much older than `ttlMs` a record may be that answers for a directory out of reach. 0: none does. */
  staleMs?: number;
  /** Whether memory may be used now: false where this replica may have missed what others have written. */
  fresh?: () => boolean;
}

/** A view, and how old the reading behind it is. */
export interface CachedUser {
  readonly view: UserView;
  /** Since the directory was asked, in milliseconds. */
  readonly ageMs: number;
  /** Not known to be true any more, and the directory cannot be reached to ask. */
  readonly stale: boolean;
}

export interface UserCache extends InvalidationListener {
  /**
   * As `get`, with the age of the answer.
   * @param options.revalidate past memory: the directory is asked after this call, or the answer is its error.
   */
  find(userId: string, options?: { readonly revalidate: boolean }): Promise<CachedUser | undefined>;
  /** The user, from memory or with one call to the directory however many ask at once. Undefined: no such user. */
  get(userId: string): Promise<UserView | undefined>;
  /** What memory holds and may use now, without asking anybody. Not counted. */
  known(userId: string): UserView | undefined;
  /** Takes what a write has read back, and ends the `hold` of that write. */
  put(user: DirectoryUser, write?: string): UserView;
  /**
   * To be called before the directory is asked for users in another way. What it answers may then be given to the function that
   * comes back: it is kept, unless somebody was written meanwhile.
   */
  beginReading(): (user: DirectoryUser) => void;
  /** A fill that is under way still answers its callers, and is not kept. */
  invalidate(userId: string, write?: string): void;
  counts(): { readonly hits: number; readonly misses: number; readonly stale: number; readonly size: number };
}

interface Entry {
  readonly view: UserView;
  /** When the directory was asked, in the time of `performance.now()`. */
  readonly readAt: number;
  readonly stale: boolean;
}

interface Fill {
  readonly readAt: number;
  readonly entry: Promise<Entry | undefined>;
}

/** A fill that began longer ago is not joined while somebody is writing, or may have written unheard. */
const JOIN_MS = 250;

export function createUserCache(options: UserCacheOptions): UserCache {
  const { directory, viewUser, ttlMs, maxUsers, staleMs = 0, fresh = () => true } = options;
  const entries = new LRUCache<string, Entry>({ max: maxUsers });
  // lru-cache's own fetch() answers undefined when a write interrupts it, which would read as "no such user".
  const fills = new Map<string, Fill>();
  const holds = createUserHolds(maxUsers);
  // When each user was last written, or everything was forgotten, in an order of our own.
  const written = new LRUCache<string, number>({ max: maxUsers });
  let turn = 0;
  let cleared = 0;
  const counts = { hits: 0, misses: 0, stale: 0 };

  const age = ({ readAt }: { readAt: number }): number => performance.now() - readAt;

  const fill = (userId: string): Fill => {
    const readAt = performance.now();
    // Only the fill that is still registered may be kept: a write since its beginning has removed it.
    const isCurrent = (): boolean => fills.get(userId) === started;
    const entry = Promise.resolve()
      .then(() => directory.findById(userId))
      .then((user) => {
        const read = user === undefined ? undefined : { view: viewUser(user), readAt, stale: false };
        if (!isCurrent()) return read;
        if (read === undefined || holds.has(userId)) entries.delete(userId);
        else entries.set(userId, read);
        return read;
      })
      .finally(() => {
        if (isCurrent()) fills.delete(userId);
      });
    const started: Fill = { readAt, entry };
    fills.set(userId, started);
    return started;
  };

  const usable = (entry: Entry | undefined): entry is Entry => entry !== undefined && age(entry) < ttlMs && fresh();

  const load = (userId: string): Promise<Entry | undefined> => {
    const entry = entries.get(userId);
    if (usable(entry)) {
      counts.hits += 1;
      return Promise.resolve(entry);
    }
    counts.misses += 1;
    const running = fills.get(userId);
    const mayJoin = (one: Fill): boolean => (fresh() && !holds.has(userId)) || age(one) < JOIN_MS;
    const joined = running !== undefined && mayJoin(running) ? running : fill(userId);
    return staleMs === 0 ? joined.entry : joined.entry.catch((error: unknown) => lastResort(userId, error));
  };

  /** What is still in memory, where the directory is out of reach: not of somebody who was written meanwhile. Who was disabled, is. */
  const lastResort = (userId: string, error: unknown): Entry => {
    const entry = entries.get(userId);
    if (!isDirectoryAway(error) || entry === undefined || age(entry) >= ttlMs + staleMs) throw error;
    counts.stale += 1;
    // Answers of a write that came in meanwhile are as good as ever.
    return { ...entry, stale: !usable(entry) };
  };

  const invalidate = (userId: string, write?: string): void => {
    fills.delete(userId);
    entries.delete(userId);
    turn += 1;
    written.set(userId, turn);
    if (write !== undefined) holds.end(userId, write);
  };

  return {
    get: async (userId) => (await load(userId))?.view,
    async find(userId, { revalidate } = { revalidate: false }) {
      const entry = await (revalidate ? fill(userId).entry : load(userId));
      return entry && { view: entry.view, ageMs: age(entry), stale: entry.stale };
    },
    known(userId) {
      const entry = entries.peek(userId);
      return usable(entry) ? entry.view : undefined;
    },
    put(user, write) {
      const view = viewUser(user);
      invalidate(user.id, write);
      if (!holds.has(user.id)) entries.set(user.id, { view, readAt: performance.now(), stale: false });
      return view;
    },
    beginReading() {
      const readAt = performance.now();
      const begun = turn;
      return (user) => {
        const changed = Math.max(cleared, written.get(user.id) ?? 0) > begun;
        const newer = (entries.peek(user.id)?.readAt ?? Number.NEGATIVE_INFINITY) > readAt;
        if (!changed && !newer && !holds.has(user.id))
          entries.set(user.id, { view: viewUser(user), readAt, stale: false });
      };
    },
    invalidate,
    hold(userId, write) {
      invalidate(userId);
      holds.begin(userId, write);
    },
    clear() {
      turn += 1;
      cleared = turn;
      fills.clear();
      entries.clear();
    },
    counts: () => ({ ...counts, size: entries.size }),
  };
}
