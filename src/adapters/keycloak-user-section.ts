// The right to change one Keycloak user, from the lock that was taken for it to the lock given back.
import { ByokError } from '../domain/errors.ts';
import type { DirectoryUser, UserSection } from '../domain/user-directory.ts';
import type { Release } from '../domain/user-lock.ts';
import type { UserWriter } from './keycloak-user-writer.ts';

interface SectionOptions {
  /** As just read, under the lock. */
  readonly user: DirectoryUser;
  readonly writer: UserWriter;
  readonly release: Release;
  /** The section closes itself after this long, so that whoever forgets it cannot block the user for ever. */
  readonly maxMs: number;
  /** How long a write without an answer may still be under way in Keycloak. */
  readonly settleMs: number;
}

export function createKeycloakUserSection({ user, writer, release, maxMs, settleMs }: SectionOptions): UserSection {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  // The next writer has to wait for a PUT that Keycloak may still be working on: it would undo what comes after it.
  const giveBack = (): void => {
    if (writer.mayBeUnderWay()) setTimeout(release, settleMs).unref();
    else release();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(deadline);
    last.then(giveBack);
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
  };
}
