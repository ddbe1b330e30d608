// What is known of who has keys: kept by every write, counted for the metrics.
import type { Logger } from 'pino';
import type { Core } from '../app/core.ts';
import type { UserView } from '../users/user-view.ts';
import { type AdoptionWatch, createAdoptionWatch } from './adoption-watch.ts';
import { projectKeys } from './key-projection.ts';
import { createKeyProjectionFeed } from './key-projection-feed.ts';
import { createPostgresKeyProjection } from './postgres-key-projection.ts';

export interface Adoption {
  readonly watch: AdoptionWatch;
  /** For every user as they are after a write. */
  readonly onWritten: (user: UserView) => void;
  /** Idempotent. */
  close(): Promise<void>;
}

export function composeAdoption({ database, directory }: Core, logger: Logger): Adoption {
  const projection = createPostgresKeyProjection(database.db);
  const feed = createKeyProjectionFeed({
    projection,
    onProblem: (error) => logger.warn({ err: error }, 'who has keys could not be noted: trying again'),
  });
  const watch = createAdoptionWatch({
    // What this process has just written is counted too.
    projection: { ...projection, count: () => feed.settled().then(projection.count) },
    countUsers: () => directory.count(),
    onProblem: (error) => logger.warn({ err: error }, 'the numbers of adoption could not be read'),
  });
  return {
    watch,
    onWritten: (user) => feed.put(user.id, projectKeys(user.keys)),
    close: async () => void (await Promise.all([feed.close(), watch.stop()])),
  };
}
