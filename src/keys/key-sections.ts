// Write sections of users, for changes of their keys.
import { ByokError } from '../shared/errors.ts';
import { usableUser } from '../users/usable-user.ts';
import type { UserDirectory, UserSection } from '../users/user-directory.ts';
import type { UserWrites } from '../users/user-writes.ts';

interface KeySectionsOptions {
  readonly directory: Pick<UserDirectory, 'openSection'>;
  readonly writes: Pick<UserWrites, 'forget'>;
}

export interface KeySections {
  /** For the user's own changes. @throws ByokError `not_authenticated` for a deleted user, `account_disabled`. */
  within<T>(userId: string, work: (section: UserSection) => Promise<T>): Promise<T>;
  /** For changes on the user's behalf, also of one who is disabled. @throws ByokError `user_not_found`. */
  withinAnybodys<T>(userId: string, work: (section: UserSection) => Promise<T>): Promise<T>;
}

export function createKeySections({ directory, writes }: KeySectionsOptions): KeySections {
  const run = async <T>(section: UserSection, work: (section: UserSection) => Promise<T>): Promise<T> => {
    using held = section;
    return await work(held);
  };

  const open = async (userId: string): Promise<UserSection> => {
    const section = await directory.openSection(userId);
    try {
      if (section === undefined) throw new ByokError('not_authenticated');
      usableUser(section.user);
      return section;
    } catch (error) {
      section?.close();
      // Memory may hold the user as still there and enabled.
      await writes.forget(userId);
      throw error;
    }
  };

  return {
    within: async (userId, work) => await run(await open(userId), work),
    async withinAnybodys(userId, work) {
      const section = await directory.openSection(userId);
      if (section !== undefined) return await run(section, work);
      await writes.forget(userId);
      throw new ByokError('user_not_found');
    },
  };
}
