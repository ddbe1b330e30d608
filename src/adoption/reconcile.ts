// Makes the projection what the directory says: after an outage of the database, after keys that others wrote, at first.
import type { DirectoryUser, UserDirectory } from '../users/user-directory.ts';
import { dayOf, type KeyProjection, type ProjectedKey, projectUser } from './key-projection.ts';

export interface ReconcileSummary {
  users: number;
  usersWithKeys: number;
  /** Users of whom something else was known than the directory says; put right now, or not on a dry run. */
  repaired: number;
  /** Users who are gone from the directory, and of whom keys were known. */
  removed: number;
}

interface ReconcileOptions {
  readonly directory: Pick<UserDirectory, 'listUsers' | 'openSection' | 'findById'>;
  readonly projection: KeyProjection;
  readonly dryRun: boolean;
  /** Called after every user. */
  readonly onProgress?: (summary: Readonly<ReconcileSummary>) => void;
  /** Told of each repair: whose, what was known, what the directory says. */
  readonly onRepair?: (userId: string, before: readonly ProjectedKey[], after: readonly ProjectedKey[]) => void;
  readonly now?: () => Date;
}

const BATCH = 100;

/** Idempotent, and safe to stop at any point. @throws ByokError when directory or database cannot be reached. */
export async function reconcileProjection(options: ReconcileOptions): Promise<ReconcileSummary> {
  const { directory, projection, dryRun, onProgress, now = () => new Date() } = options;
  const summary: ReconcileSummary = { users: 0, usersWithKeys: 0, repaired: 0, removed: 0 };
  const seen = new Set<string>();
  for await (const batch of batches(directory.listUsers())) {
    const known = await projection.keysOf(batch.map(({ id }) => id));
    for (const user of batch) {
      if (seen.has(user.id)) continue;
      seen.add(user.id);
      summary.users += 1;
      const listed = projectUser(user);
      if (listed.length > 0) summary.usersWithKeys += 1;
      if (!same(known.get(user.id) ?? [], listed)) await repair(options, user, known.get(user.id) ?? [], summary);
      onProgress?.(summary);
    }
  }
  await removeGone(options, seen, summary);
  if (!dryRun) {
    const { usersWithKeys, keys } = await projection.count();
    const snapshot = { day: dayOf(now()), usersTotal: summary.users, usersWithKeys, keys };
    await projection.saveSnapshot(snapshot, { overwrite: true });
  }
  return summary;
}

/** In the user's write section, so that no write comes between reading the directory and what is kept of it. */
async function repair(
  { directory, projection, dryRun, onRepair }: ReconcileOptions,
  listed: DirectoryUser,
  before: readonly ProjectedKey[],
  summary: ReconcileSummary,
): Promise<void> {
  summary.repaired += 1;
  if (dryRun) {
    onRepair?.(listed.id, before, projectUser(listed));
    return;
  }
  using section = await directory.openSection(listed.id);
  const after = section === undefined ? [] : projectUser(section.user);
  await projection.replace(listed.id, after);
  onRepair?.(listed.id, before, after);
}

async function removeGone(
  { directory, projection, dryRun, onRepair }: ReconcileOptions,
  seen: ReadonlySet<string>,
  summary: ReconcileSummary,
): Promise<void> {
  for await (const userId of projection.userIds()) {
    // A listing in pages may miss somebody while accounts come and go.
    if (seen.has(userId) || (await directory.findById(userId)) !== undefined) continue;
    summary.removed += 1;
    if (!dryRun) await projection.replace(userId, []);
    onRepair?.(userId, [], []);
  }
}

async function* batches(users: AsyncIterable<DirectoryUser>): AsyncGenerator<DirectoryUser[]> {
  let batch: DirectoryUser[] = [];
  for await (const user of users) {
    batch.push(user);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const same = (a: readonly ProjectedKey[], b: readonly ProjectedKey[]): boolean =>
  JSON.stringify(a.map(fields)) === JSON.stringify(b.map(fields));
const fields = ({ provider, enabled, testStatus }: ProjectedKey) => [provider, enabled, testStatus ?? null];
