// Write intents in this process: enough where one process writes.
import type { WriteIntents } from './write-intents.ts';

/** @returns the intents of a user. */
export function createMemoryWriteIntents(): (userId: string) => WriteIntents {
  // When the writes that are under way have run out, by user.
  const deadlines = new Map<string, number>();
  return (userId) => ({
    async begin({ callMs, marginMs }) {
      const deadline = performance.now() + callMs + marginMs;
      deadlines.set(userId, deadline);
      return {
        mayBegin: () => performance.now() < deadline - callMs,
        async end() {
          if (deadlines.get(userId) === deadline) deadlines.delete(userId);
        },
      };
    },
    async unfinished() {
      const deadline = deadlines.get(userId);
      return deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    },
    async settle() {
      deadlines.delete(userId);
    },
  });
}
