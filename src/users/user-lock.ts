// Serialises the writers of one user.
import type { WriteIntents } from './write-intents.ts';

/** The right to write one user. */
export interface Turn {
  readonly intents: WriteIntents;
  /** Gives the turn back. Idempotent. */
  release(): void;
}

export interface UserLock {
  /**
   * Waits until no one else holds the user's lock.
   * @throws ByokError `directory_unavailable` after the lock's time limit, `database_unavailable` where nobody can know whose turn it is.
   */
  acquire(userId: string): Promise<Turn>;
}
