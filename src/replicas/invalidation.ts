// Keeps the memories of several replicas in step: who writes a user says so, and nobody believes a memory that may have missed it.

/** The memory that is kept in step. */
export interface InvalidationListener {
  /** Forgets the user, and keeps nothing of them until that write ends, or for `HOLD_MS`. */
  hold(userId: string, write: string): void;
  /** Forgets the user; with `write`, that write has ended. */
  invalidate(userId: string, write?: string): void;
  /** Forgets everybody: something may have been missed. */
  clear(): void;
}

export interface Invalidation {
  /** Begins to listen. Resolves when memory may be used, or after a moment without it. */
  start(listener: InvalidationListener): Promise<void>;
  /** Whether everything that others have said up to a second ago has been heard: only then may memory be used. */
  fresh(): boolean;
  /** Why it is not fresh, where that is known, in the words of Redis; undefined while it is. */
  problem(): unknown;
  /**
   * Tells the other replicas that the user is about to be written.
   * @throws ByokError `session_store_unavailable` where they cannot be told: nothing may be written then.
   */
  announce(userId: string, write: string): Promise<void>;
  /** Tells them to forget the user, and that the write is over. Never rejects: without it they keep nothing of the user for `HOLD_MS`. */
  written(userId: string, write?: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Longer than any write lasts, from its announcement to the last moment at which it can take effect. */
export const HOLD_MS = 180_000;

/** For one replica alone: there is nobody to tell and nothing to miss. */
export const ALONE: Invalidation = {
  start: async () => undefined,
  fresh: () => true,
  problem: () => undefined,
  announce: async () => undefined,
  written: async () => undefined,
  close: async () => undefined,
};
