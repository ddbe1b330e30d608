import { afterEach, describe, expect, it, vi } from 'vitest';
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

  it('makes room for one, and ends no more than it has to', async () => {
    const { store } = smallStore();
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push((await store.create(someone())).token);
    const alive = await Promise.all(made.map((token) => store.find(token)));
    expect(alive.map((session) => session !== undefined)).toEqual([false, false, true, true, true]);
  });

  it('renews a short idle time often enough that a session in use does not end', async () => {
    const { store, clock } = smallStore();
    const { token } = await store.create(someone());
    const seenAt = async () => (await store.find(token))?.lastSeenAt;
    clock.now = 249;
    expect(await seenAt()).toBe(0);
    clock.now = 250;
    expect(await seenAt()).toBe(250);
    clock.now = 1249;
    expect(await seenAt()).toBe(1249);
    clock.now = 2249;
    expect(await seenAt()).toBeUndefined();
  });

  it('neither lists nor counts sessions that have ended by themselves', async () => {
    const { store, clock } = smallStore();
    const user = someone({ providerSessionId: 'sid-1' });
    const old = [await store.create(user), await store.create(user)];
    clock.now = 500;
    const young = await store.create(user);
    clock.now = 1000;
    expect(await store.list(user.userId)).toEqual([young.session]);
    expect(await store.end(user.userId, old[0]?.session.id ?? '')).toBe(false);
    expect(await store.endAll(user.userId)).toBe(1);
    expect(await store.list(user.userId)).toEqual([]);
    expect(await store.endByProviderSession('sid-1')).toBe(0);
  });

  it('does not count sessions that have ended by themselves towards the hundred of a person', async () => {
    const clock = { now: 0 };
    const store = createMemorySessionStore({ idleMs: 1000, maxMs: 10_000, now: () => clock.now });
    const user = someone();
    const used = await store.create(user);
    for (let count = 0; count < 99; count += 1) await store.create(user);
    clock.now = 500;
    await store.find(used.token);
    clock.now = 1000;
    const latest = await store.create(user);
    expect((await store.list(user.userId)).map(({ id }) => id)).toEqual([latest.session.id, used.session.id]);
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

describe('a session of the provider that was ended', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    [59_000, 0],
    [61_000, 1],
  ])('makes no session for a minute: after %i ms, %i', async (ms, made) => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const store = createMemorySessionStore({ idleMs: 1000, maxMs: 10_000 });
    const user = someone({ providerSessionId: 'sid-1' });
    await store.endByProviderSession('sid-1');
    now += ms;
    const refusal = await store.create(user).catch((error: unknown) => error);
    expect(await store.list(user.userId)).toHaveLength(made);
    if (made === 0)
      expect(refusal).toMatchObject({ message: 'the session at the identity provider has just been ended' });
  });
});
