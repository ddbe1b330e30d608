import { describe, expect, it } from 'vitest';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import { describeSessionStore } from './session-store-contract.ts';
import { someone } from './session-store-under-test.ts';

describeSessionStore('Memory', async () => ({ make: createMemorySessionStore, close: async () => {} }));

describe('the bounds of the memory session store', () => {
  function smallStore() {
    const clock = { now: 0 };
    const store = createMemorySessionStore({ idleMs: 1000, maxMs: 10_000, maxSessions: 3, now: () => clock.now });
    return { store, clock };
  }

  it('ends the session that was unused for longest when it is full', async () => {
    const { store, clock } = smallStore();
    const made = [await store.create(someone()), await store.create(someone()), await store.create(someone())];
    clock.now += 500;
    await store.find(made[0]?.token ?? '');
    const fourth = await store.create(someone());
    const alive = await Promise.all([...made, fourth].map(({ token }) => store.find(token)));
    expect(alive.map((session) => session !== undefined)).toEqual([true, false, true, true]);
  });

  it('makes room with ended sessions first', async () => {
    const { store, clock } = smallStore();
    const old = [await store.create(someone()), await store.create(someone())];
    clock.now += 600;
    const young = await store.create(someone());
    clock.now += 600;
    const latest = [await store.create(someone()), await store.create(someone())];
    for (const { token } of [young, ...latest]) await expect(store.find(token)).resolves.toBeDefined();
    for (const { token } of old) await expect(store.find(token)).resolves.toBeUndefined();
  });

  it('knows nobody after it was closed', async () => {
    const { store } = smallStore();
    const { token, session } = await store.create(someone());
    await store.close();
    await store.close();
    await expect(store.find(token)).resolves.toBeUndefined();
    await expect(store.list(session.userId)).resolves.toEqual([]);
  });
});
