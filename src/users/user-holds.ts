// Which users are being written, by whichever replica: nothing of them is kept in memory meanwhile.
import { LRUCache } from 'lru-cache';
import { HOLD_MS } from '../replicas/invalidation.ts';

export interface UserHolds {
  has(userId: string): boolean;
  /** The write ends with `end`, or is forgotten after `HOLD_MS`. */
  begin(userId: string, write: string): void;
  /** Ends this write and no other: the end of an earlier one may be heard late. */
  end(userId: string, write: string): void;
}

export function createUserHolds(maxUsers: number): UserHolds {
  // When each write is forgotten.
  const holds = new LRUCache<string, Map<string, number>>({ max: maxUsers });
  const live = (userId: string): [write: string, until: number][] =>
    [...(holds.get(userId) ?? [])].filter(([, until]) => performance.now() < until);
  return {
    has: (userId) => holds.has(userId) && live(userId).length > 0,
    begin(userId, write) {
      holds.set(userId, new Map(live(userId)).set(write, performance.now() + HOLD_MS));
    },
    end(userId, write) {
      const writes = holds.get(userId);
      writes?.delete(write);
      if (writes?.size === 0) holds.delete(userId);
    },
  };
}
