// The right to change one Keycloak user, from the turn that was waited for to the turn given back.
import { ByokError } from '../shared/errors.ts';
import type { DirectoryUser, UserSection } from '../users/user-directory.ts';
import type { Turn } from '../users/user-lock.ts';
import type { UserWriter } from './keycloak-user-writer.ts';

interface SectionOptions {
  /** As just read, under the lock. */
  readonly user: DirectoryUser;
  readonly writer: UserWriter;
  readonly turn: Turn;
  /** The section closes itself after this long, so that whoever forgets it cannot block the user for ever. */
  readonly maxMs: number;
}

export function createKeycloakUserSection({ user, writer, turn, maxMs }: SectionOptions): UserSection {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const close = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(deadline);
    last.then(() => turn.release());
  };
  const deadline = setTimeout(close, maxMs).unref();

  return {
    user,
    write(changes) {
      if (closed)
        return Promise.reject(
          new ByokError('directory_unavailable', {
            reason: `the right to change this user had been given back; it lasts ${maxMs} ms at most`,
          }),
        );
      const written = last.then(() => writer.write(changes));
      last = written.catch(() => undefined);
      return written;
    },
    close,
    [Symbol.dispose]: close,
  };
}
