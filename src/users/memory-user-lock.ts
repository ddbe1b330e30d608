// A queue per user in this process: enough for one replica.
import { ByokError } from '../shared/errors.ts';
import { createMemoryWriteIntents } from './memory-write-intents.ts';
import type { Turn, UserLock } from './user-lock.ts';

interface MemoryUserLockOptions {
  /** Longest wait for one's turn, in milliseconds. */
  readonly waitMs: number;
}

type Grant = (turn: Turn) => void;

/** Turns are given in the order in which they were asked for. */
export function createMemoryUserLock({ waitMs }: MemoryUserLockOptions): UserLock {
  const intentsOf = createMemoryWriteIntents();
  // A user is in the map while someone holds the lock; the set holds those who wait, first come first.
  const waiting = new Map<string, Set<Grant>>();

  const turnOf = (userId: string): Turn => {
    let released = false;
    return {
      intents: intentsOf(userId),
      release() {
        if (released) return;
        released = true;
        const queue = waiting.get(userId);
        const [next] = queue ?? [];
        if (queue === undefined || next === undefined) {
          waiting.delete(userId);
          return;
        }
        queue.delete(next);
        next(turnOf(userId));
      },
    };
  };

  return {
    acquire(userId) {
      const queue = waiting.get(userId);
      if (queue === undefined) {
        waiting.set(userId, new Set());
        return Promise.resolve(turnOf(userId));
      }
      return new Promise((resolve, reject) => {
        const grant: Grant = (turn) => {
          clearTimeout(timer);
          resolve(turn);
        };
        const timer = setTimeout(() => {
          queue.delete(grant);
          reject(tooLong(waitMs));
        }, waitMs);
        queue.add(grant);
      });
    },
  };
}

/** What somebody is told who waited `waitMs` for a turn. */
export const tooLong = (waitMs: number): ByokError =>
  new ByokError('directory_unavailable', {
    detail:
      'Another change of this account has not ended yet, so this one was not made: try again shortly, and tell an administrator if it stays so.',
    reason: `other changes to this user took longer than ${waitMs} ms, so this one was given up`,
  });
