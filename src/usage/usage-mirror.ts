// Copies the counts to the users' attributes once a day, for programs that read them there. Each copy is a full write of the
// user and races with billing, so it happens only where it is switched on, one user at a time, at times of its own.
import { setTimeout as wait } from 'node:timers/promises';
import { createPeriodic } from '../shared/periodic.ts';
import { AccountUnavailable, isDirectoryAway, type UserDirectory } from '../users/user-directory.ts';
import type { UserWrites } from '../users/user-writes.ts';
import type { UsageStore } from './usage-store.ts';

interface UsageMirrorDeps {
  store: Pick<UsageStore, 'claimForMirror' | 'releaseClaim'>;
  directory: Pick<UserDirectory, 'openSection'>;
  writes: Pick<UserWrites, 'write'>;
  /** How often it looks for counts that were not copied today. */
  everyMs: number;
  /** Longest pause between two users. */
  pauseMs: number;
  onError: (error: unknown) => void;
  now?: () => Date;
}

export interface UsageMirror {
  start(): void;
  /** Copies what was not copied today. @returns how many users. */
  run(): Promise<number>;
  /** Waits for the copy under way. Idempotent. */
  stop(): Promise<void>;
}

export function createUsageMirror(deps: UsageMirrorDeps): UsageMirror {
  const { store, directory, writes, everyMs, pauseMs, onError, now = () => new Date() } = deps;
  const stopping = new AbortController();

  const copy = async (userId: string, day: string, used: number): Promise<void> => {
    using section = await directory.openSection(userId);
    // Deleted meanwhile: nothing to keep up with.
    if (section === undefined) return;
    const changes = new Map([
      ['api_calls_used', String(used)],
      ['api_calls_reset_date', day],
    ]);
    await writes.write(section, changes);
  };

  const run = async (): Promise<number> => {
    const today = now().toISOString().slice(0, 10);
    for (let copied = 0; ; ) {
      if (stopping.signal.aborted) return copied;
      const claimed = await store.claimForMirror(today);
      if (claimed === undefined) return copied;
      try {
        await copy(claimed.userId, claimed.day, claimed.used);
        copied += 1;
      } catch (error) {
        onError(error);
        // One user who cannot be written waits for tomorrow; when nobody can be, all of them for the next time.
        if (!isDirectoryAway(error) || error instanceof AccountUnavailable) continue;
        await store.releaseClaim(claimed.userId);
        return copied;
      }
      await wait(Math.random() * pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  };

  // Between half and one and a half of the time, so that replicas and other programs do not meet.
  const copying = createPeriodic({ run, rhythm: { pauseMs: everyMs }, jitter: 0.5, onError });

  return {
    start: copying.start,
    run,
    async stop() {
      stopping.abort();
      await copying.stop();
    },
  };
}
