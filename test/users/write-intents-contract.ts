// What every lock must do with the writes of those who were cut off.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { UserLock } from '../../src/users/user-lock.ts';

/** @param open makes two locks that share their turns, as two replicas do (or one, where there is one process only). */
export function describeWriteIntents(name: string, open: () => Promise<readonly [UserLock, UserLock]>): void {
  describe(`${name}, for writes whose end nobody saw`, () => {
    let users = 0;
    const someone = (): string => {
      users += 1;
      return `user ${users}`;
    };

    it('knows of none at first, and of none that has ended', async () => {
      const [one, other] = await open();
      const user = someone();
      const turn = await one.acquire(user);
      expect(await turn.intents.unfinished()).toBeUndefined();
      const intent = await turn.intents.begin({ callMs: 60_000, marginMs: 60_000 });
      expect(intent.mayBegin()).toBe(true);
      await intent.end();
      turn.release();
      const next = await other.acquire(user);
      expect(await next.intents.unfinished()).toBeUndefined();
      next.release();
    });

    it('tells the next writer how long one may still be under way, until it is settled', async () => {
      const [one, other] = await open();
      const user = someone();
      const turn = await one.acquire(user);
      await turn.intents.begin({ callMs: 50_000, marginMs: 10_000 });
      turn.release();
      const next = await other.acquire(user);
      const ms = (await next.intents.unfinished()) ?? 0;
      expect(ms).toBeGreaterThan(30_000);
      expect(ms).toBeLessThanOrEqual(60_000);
      next.release();
      const after = await one.acquire(user);
      expect(await after.intents.unfinished()).toBeGreaterThan(30_000);
      await after.intents.settle();
      expect(await after.intents.unfinished()).toBeUndefined();
      after.release();
      const stranger = await one.acquire(someone());
      expect(await stranger.intents.unfinished()).toBeUndefined();
      stranger.release();
    });

    it('says 0 of one that has run out', async () => {
      const [one, other] = await open();
      const user = someone();
      const turn = await one.acquire(user);
      await turn.intents.begin({ callMs: 1, marginMs: 1 });
      turn.release();
      await wait(20);
      const next = await other.acquire(user);
      expect(await next.intents.unfinished()).toBe(0);
      next.release();
    });

    it('does not let a call begin that would outlast its intent', async () => {
      const [one] = await open();
      const turn = await one.acquire(someone());
      const intent = await turn.intents.begin({ callMs: 60_000, marginMs: 5 });
      await wait(20);
      expect(intent.mayBegin()).toBe(false);
      turn.release();
    });
  });
}
