import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMemoryUserLock } from '../../src/users/memory-user-lock.ts';
import { describeWriteIntents } from './write-intents-contract.ts';

describeWriteIntents('the lock in memory', async () => {
  const lock = createMemoryUserLock({ waitMs: 10_000 });
  return [lock, lock];
});

describe('the lock in memory', () => {
  it('lets one holder in at a time, in the order of asking', async () => {
    const lock = createMemoryUserLock({ waitMs: 10_000 });
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const { release } = await lock.acquire('ada');
        most = Math.max(most, ++inside);
        await nextTurn();
        order.push(index);
        inside -= 1;
        release();
      }),
    );
    expect(most).toBe(1);
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('does not make users wait for each other', async () => {
    const lock = createMemoryUserLock({ waitMs: 10_000 });
    await lock.acquire('ada');
    await expect(lock.acquire('grace')).resolves.toHaveProperty('release');
  });

  it('gives up waiting with directory_unavailable, and whoever waits behind still gets their turn', async () => {
    const lock = createMemoryUserLock({ waitMs: 30 });
    const { release } = await lock.acquire('ada');
    await expect(lock.acquire('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
    const waiter = lock.acquire('ada');
    release();
    (await waiter).release();
    (await lock.acquire('ada')).release();
  });

  it('ignores a second release, so that it cannot end someone else’s turn', async () => {
    const lock = createMemoryUserLock({ waitMs: 30 });
    const first = await lock.acquire('ada');
    first.release();
    const second = await lock.acquire('ada');
    first.release();
    await expect(lock.acquire('ada')).rejects.toMatchObject({ code: 'directory_unavailable' });
    second.release();
    await expect(lock.acquire('ada')).resolves.toHaveProperty('release');
  });

  it('says to those who gave up how long they waited, and leaves no timer behind for those who did not', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const lock = createMemoryUserLock({ waitMs: 1_000 });
    const { release } = await lock.acquire('ada');
    const given = lock.acquire('ada');
    const late = expect(lock.acquire('ada')).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringContaining('other changes to this user took longer than 1000 ms, so this one was given up'),
      detail: expect.stringMatching(/^Another change of this account has not ended yet, so this one was not made/),
      retryAfter: 5,
    });
    vi.advanceTimersByTime(999);
    release();
    const next = await given;
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    await late;
    expect(vi.getTimerCount()).toBe(0);
    // Nobody waits any more: whoever comes next is not kept from it.
    next.release();
    (await lock.acquire('ada')).release();
  });

  it('lets a call begin only while its time fits before the deadline, and a late end leaves the next write alone', async () => {
    let now = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => void vi.restoreAllMocks());
    const { intents } = await createMemoryUserLock({ waitMs: 30 }).acquire('ada');
    const first = await intents.begin({ callMs: 100, marginMs: 50 });
    now += 49;
    expect(first.mayBegin()).toBe(true);
    now += 1;
    expect(first.mayBegin()).toBe(false);
    const second = await intents.begin({ callMs: 100, marginMs: 50 });
    await first.end();
    expect(await intents.unfinished()).toBe(150);
    await second.end();
    expect(await intents.unfinished()).toBeUndefined();
  });
});
