// Writes of users that every memory hears of: ours, and those of the other replicas.
import { randomUUID } from 'node:crypto';
import type { Invalidation } from '../replicas/invalidation.ts';
import { ByokError } from '../shared/errors.ts';
import type { UserCache } from './user-cache.ts';
import { type AttributeChanges, type DirectoryUser, isDirectoryAway, type UserSection } from './user-directory.ts';
import type { UserView } from './user-view.ts';

/** As the directory holds it now. */
export interface WrittenUser {
  readonly user: DirectoryUser;
  readonly view: UserView;
}

export interface UserWrites {
  /** Writes in the section, and resolves when no replica answers with what was there before for longer than a second. @throws ByokError as `UserSection.write`, and `session_store_unavailable` where the others cannot be told. */
  write(section: UserSection, changes: AttributeChanges): Promise<WrittenUser>;
  /** What memory holds may be older than what a section has read: forgets it everywhere. Never rejects. */
  forget(userId: string): Promise<void>;
}

interface UserWritesOptions {
  readonly cache: Pick<UserCache, 'put' | 'hold' | 'invalidate'>;
  readonly invalidation: Pick<Invalidation, 'announce' | 'written'>;
  /** Told of every user as they are after a write. */
  readonly onWritten?: (user: UserView) => void;
}

export function createUserWrites({ cache, invalidation, onWritten = () => undefined }: UserWritesOptions): UserWrites {
  const ended = async (userId: string, write?: string): Promise<void> => {
    cache.invalidate(userId, write);
    await invalidation.written(userId, write);
  };
  return {
    forget: (userId) => ended(userId),
    async write(section, changes) {
      const { id } = section.user;
      const write = randomUUID();
      // Before anything is sent, so that a writer who is killed half-way leaves nobody with an old key.
      await invalidation.announce(id, write);
      // Here too: what the directory holds may be new before its answer is here.
      cache.hold(id, write);
      let written: WrittenUser;
      try {
        const user = await section.write(changes);
        written = { user, view: cache.put(user, write) };
      } catch (error) {
        // Where the directory did not answer, the change may have happened all the same, or may happen yet: the hold stays.
        if (error instanceof ByokError && !isDirectoryAway(error)) await ended(id, write);
        throw error;
      }
      onWritten(written.view);
      await invalidation.written(id, write);
      return written;
    },
  };
}
