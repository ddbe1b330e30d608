// Serialises the writers of one user.

/** Gives the lock back. Idempotent. */
export type Release = () => void;

export interface UserLock {
  /** Waits until no one else holds the user's lock. @throws ByokError `directory_unavailable` after the lock's time limit. */
  acquire(userId: string): Promise<Release>;
}
