// A queue per user in this process: enough for one replica.
import { ByokError } from '../domain/errors.ts';
import type { Release, UserLock } from '../domain/user-lock.ts';

interface MemoryUserLockOptions {
  /** Longest wait for one's turn, in milliseconds. */
  readonly waitMs: number;
}

type Grant = (release: Release) => void;

/** Turns are given in the order in which they were asked for. */
export function createMemoryUserLock({ waitMs }: MemoryUserLockOptions): UserLock {
  // A user is in the map while someone holds the lock; the set holds those who wait, first come first.
  const waiting = new Map<string, Set<Grant>>();

  const releaseOf = (userId: string): Release => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const queue = waiting.get(userId);
      const [next] = queue ?? [];
      if (queue === undefined || next === undefined) {
        waiting.delete(userId);
        return;
      }
      queue.delete(next);
      next(releaseOf(userId));
    };
  };

  return {
    acquire(userId) {
      const queue = waiting.get(userId);
      if (queue === undefined) {
        waiting.set(userId, new Set());
        return Promise.resolve(releaseOf(userId));
      }
      return new Promise((resolve, reject) => {
        const grant: Grant = (release) => {
          clearTimeout(timer);
          resolve(release);
        };
        const timer = setTimeout(() => {
          queue.delete(grant);
          reject(
            new ByokError('directory_unavailable', {
              reason: `other changes to this user took longer than ${waitMs} ms, so this one was given up`,
            }),
          );
        }, waitMs);
        queue.add(grant);
      });
    },
  };
}
