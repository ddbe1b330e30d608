// How a SessionStore ends sessions, also beside others that are made: part of `session-store-contract.ts`.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { SessionStore } from '../../src/sessions/session-store.ts';
import { MINUTE, type SessionStoreUnderTest, someone, storeWithClock } from './session-store-under-test.ts';

export function itEndsSessions(underTest: () => SessionStoreUnderTest): void {
  it('ends one session and leaves the others', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone();
    const [kept, ended] = [await store.create(user), await store.create(user)];
    await expect(store.end(user.userId, ended.session.id)).resolves.toBe(true);
    await expect(store.find(ended.token)).resolves.toBeUndefined();
    await expect(store.find(kept.token)).resolves.toBeDefined();
    await expect(store.list(user.userId)).resolves.toEqual([kept.session]);
    await expect(store.end(user.userId, ended.session.id)).resolves.toBe(false);
  });

  it('does not end a session in another user’s name', async () => {
    const { store } = storeWithClock(underTest());
    const { token, session } = await store.create(someone());
    await expect(store.end(randomUUID(), session.id)).resolves.toBe(false);
    await expect(store.end(session.userId, 'no-such-id')).resolves.toBe(false);
    await expect(store.find(token)).resolves.toBeDefined();
  });

  it('ends all sessions of one user and counts them', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone();
    const own = [await store.create(user), await store.create(user), await store.create(user)];
    const other = await store.create(someone());
    await expect(store.endAll(user.userId)).resolves.toBe(3);
    for (const { token } of own) await expect(store.find(token)).resolves.toBeUndefined();
    await expect(store.find(other.token)).resolves.toBeDefined();
    await expect(store.endAll(user.userId)).resolves.toBe(0);
    const again = await store.create(user);
    await expect(store.find(again.token)).resolves.toBeDefined();
  });

  it('ends the sessions of one session at the identity provider', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone({ providerSessionId: randomUUID() });
    const ended = [await store.create(user), await store.create(user)];
    const other = await store.create({ ...user, providerSessionId: randomUUID() });
    await expect(store.endByProviderSession(String(user.providerSessionId))).resolves.toBe(2);
    for (const { token } of ended) await expect(store.find(token)).resolves.toBeUndefined();
    await expect(store.list(user.userId)).resolves.toEqual([other.session]);
    await expect(store.endByProviderSession(randomUUID())).resolves.toBe(0);
  });

  it('makes no session for a provider session that has just been ended', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone({ providerSessionId: randomUUID() });
    await store.endByProviderSession(String(user.providerSessionId));
    await expect(store.create(user)).rejects.toMatchObject({ code: 'sign_in_failed' });
    await expect(store.list(user.userId)).resolves.toEqual([]);
    await expect(store.create({ ...user, providerSessionId: randomUUID() })).resolves.toBeDefined();
  });

  it('leaves no session out of the list when all are ended while others are made', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone();
    const making = Array.from({ length: 40 }, () => store.create(user));
    await Promise.all([
      ...making.slice(0, 20),
      store.endAll(user.userId),
      ...making.slice(20),
      store.endAll(user.userId),
    ]);
    const made = await Promise.all(making);
    const alive = (await Promise.all(made.map(({ token }) => store.find(token)))).filter(Boolean);
    const listed = await store.list(user.userId);
    expect(listed.map(({ id }) => id).sort()).toEqual(alive.map((session) => session?.id).sort());
    await expect(store.endAll(user.userId)).resolves.toBe(alive.length);
  });

  it('keeps no session of a provider session that ends while sessions are made of it', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone({ providerSessionId: randomUUID() });
    const making = Array.from({ length: 40 }, () => store.create(user).catch(() => undefined));
    await store.endByProviderSession(String(user.providerSessionId));
    const made = (await Promise.all(making)).filter((one) => one !== undefined);
    for (const { token } of made) await expect(store.find(token)).resolves.toBeUndefined();
    await expect(store.list(user.userId)).resolves.toEqual([]);
  });

  it('does not bring a session back that is ended while it is being used', async () => {
    const { store, clock } = storeWithClock(underTest());
    const { token, session } = await store.create(someone());
    clock.now += MINUTE;
    await Promise.all([store.find(token), store.end(session.userId, session.id), store.find(token)]);
    await expect(store.find(token)).resolves.toBeUndefined();
    await expect(store.list(session.userId)).resolves.toEqual([]);
  });

  it('does not count ended sessions towards the hundred', async () => {
    const { store } = storeWithClock(underTest());
    const user = someone();
    const first = await store.create(user);
    for (let count = 0; count < 100; count += 1) {
      const { session } = await store.create(user);
      await store.end(user.userId, session.id);
    }
    await expect(store.find(first.token)).resolves.toBeDefined();
  });

  it('keeps a hundred sessions a user and ends the oldest beyond that', async () => {
    const { store, clock } = storeWithClock(underTest());
    const user = someone();
    const made: Awaited<ReturnType<SessionStore['create']>>[] = [];
    for (let count = 0; count < 103; count += 1) {
      made.push(await store.create(user));
      clock.now += 1;
    }
    const listed = await store.list(user.userId);
    expect(listed.map(({ id }) => id)).toEqual(
      made
        .slice(3)
        .map(({ session }) => session.id)
        .reverse(),
    );
    for (const { token } of made.slice(0, 3)) await expect(store.find(token)).resolves.toBeUndefined();
  });
}
