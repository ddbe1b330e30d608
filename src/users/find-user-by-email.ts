// Which user an email address belongs to, remembered as long as key records are.
import { LRUCache } from 'lru-cache';
import { ByokError } from '../shared/errors.ts';
import type { UserCache } from './user-cache.ts';
import type { UserDirectory } from './user-directory.ts';

interface FindUserByEmailOptions {
  readonly directory: Pick<UserDirectory, 'findByEmail'>;
  readonly cache: Pick<UserCache, 'get'>;
  readonly ttlMs: number;
  readonly maxUsers: number;
}

/**
 * @returns the id of the user with exactly this address, letter case ignored.
 * @throws ByokError `directory_unavailable` where nobody can say.
 */
export function createFindUserIdByEmail(
  options: FindUserByEmailOptions,
): (email: string) => Promise<string | undefined> {
  const { directory, cache, ttlMs, maxUsers } = options;
  const known = new LRUCache<string, { readonly id: string; readonly at: number }>({ max: maxUsers });

  /** The remembered user, if the address is still theirs as far as memory or the directory says. */
  const remembered = async (wanted: string) => {
    const entry = known.get(wanted);
    if (entry === undefined || (await cache.get(entry.id))?.email?.toLowerCase() !== wanted) return undefined;
    return entry;
  };

  return async (email) => {
    if (!isOneSpelling(email)) return undefined;
    const wanted = email.toLowerCase();
    const entry = await remembered(wanted);
    if (entry !== undefined && performance.now() - entry.at < ttlMs) return entry.id;
    try {
      const at = performance.now();
      const user = await directory.findByEmail(email);
      if (user === undefined) known.delete(wanted);
      else known.set(wanted, { id: user.id, at });
      return user?.id;
    } catch (error) {
      // The record in memory still says so, fresh or as a last resort.
      if (entry !== undefined && error instanceof ByokError && error.code === 'directory_unavailable') return entry.id;
      throw error;
    }
  };
}

/**
 * Whether the address is written in the one way that Unicode's normal form C gives. Others fold into somebody else's
 * address: the Kelvin sign (U+212A) becomes a k in lower case.
 */
export const isOneSpelling = (email: string): boolean => email.normalize('NFC') === email;
