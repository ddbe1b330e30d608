// Keeps the numbers of adoption at hand for every scrape, and once a day in the history.
import type { Adoption } from '../shared/metrics.ts';
import { createPeriodic } from '../shared/periodic.ts';
import { type AdoptionSnapshot, dayOf, type KeyProjection } from './key-projection.ts';

export interface AdoptionWatch {
  /** Looks for the first time after five seconds, then once a minute. */
  start(): void;
  /** The latest numbers; undefined where the last look failed. */
  latest(): Adoption | undefined;
  /** Looks now. Never rejects. */
  refresh(): Promise<void>;
  /** Idempotent; waits for a look under way. */
  stop(): Promise<void>;
}

interface AdoptionWatchOptions {
  readonly projection: Pick<KeyProjection, 'count' | 'saveSnapshot'>;
  /** How many users the directory has. */
  readonly countUsers: () => Promise<number>;
  readonly onProblem: (error: unknown) => void;
  readonly now?: () => Date;
}

const FIRST_MS = 5_000;
const EVERY_MS = 60_000;
/** Counting users is work for Keycloak, and their number changes slowly. */
const USERS_EVERY_MS = 3_600_000;

export function createAdoptionWatch(options: AdoptionWatchOptions): AdoptionWatch {
  const { projection, countUsers, onProblem, now = () => new Date() } = options;
  let latest: Adoption | undefined;
  let users: { readonly total: number; readonly countedAt: number } | undefined;
  let keptDay: string | undefined;

  const usersTotal = async (): Promise<number | undefined> => {
    const time = now().getTime();
    if (users === undefined || time - users.countedAt >= USERS_EVERY_MS) {
      try {
        users = { total: await countUsers(), countedAt: time };
      } catch (error) {
        // Numbers of an hour ago are better than none while Keycloak is away.
        onProblem(error);
      }
    }
    return users?.total;
  };

  const look = async (): Promise<void> => {
    try {
      const counts = await projection.count();
      latest = { ...counts, usersTotal: await usersTotal() };
      await keepDay(latest);
    } catch (error) {
      latest = undefined;
      onProblem(error);
    }
  };

  /** However many replicas there are, the first one of the day counts. */
  const keepDay = async ({ usersTotal: total, usersWithKeys, keys }: Adoption): Promise<void> => {
    const day = dayOf(now());
    if (keptDay === day || total === undefined) return;
    const snapshot: AdoptionSnapshot = { day, usersTotal: total, usersWithKeys, keys };
    await projection.saveSnapshot(snapshot);
    keptDay = day;
  };

  const { start, runNow, stop } = createPeriodic({ run: look, rhythm: { pauseMs: EVERY_MS }, firstMs: FIRST_MS });
  return { start, latest: () => latest, refresh: runNow, stop };
}
