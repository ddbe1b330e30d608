// What every SessionStore must do, run on each adapter over its real store.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import type { SessionLifetime } from '../../src/sessions/session-lifetime.ts';
import type { NewSession, SessionStore } from '../../src/sessions/session-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type MakeStore = (options: SessionLifetime & { now: () => number }) => SessionStore;

export interface SessionStoreUnderTest {
  readonly make: MakeStore;
  close(): Promise<void>;
}

export function someone(fields: Partial<NewSession> = {}): NewSession {
  return {
    userId: randomUUID(),
    email: 'ada@example.com',
    name: 'Ada Example',
    roles: ['byok-admin'],
    providerSessionId: undefined,
    idToken: undefined,
    userAgent: undefined,
    ...fields,
  };
}

export function describeSessionStore(title: string, open: () => Promise<SessionStoreUnderTest>): void {
  describe(`${title} as a session store`, () => {
    let underTest: SessionStoreUnderTest;
    beforeAll(async () => {
      underTest = await open();
    });
    afterAll(async () => {
      await underTest?.close();
    });

    /** A store with a clock that the test turns, two hours idle, twelve in all. */
    function storeWithClock() {
      const clock = { now: Date.now() };
      const store = underTest.make({ idleMs: 2 * HOUR, maxMs: 12 * HOUR, now: () => clock.now });
      return { store, clock };
    }

    it('finds a session by its token, with everything that was put in', async () => {
      const { store, clock } = storeWithClock();
      const fields = someone({ providerSessionId: randomUUID(), idToken: 'a.b.c', userAgent: 'Firefox' });
      const { token, session } = await store.create(fields);
      expect(session).toMatchObject({ ...fields, createdAt: clock.now, lastSeenAt: clock.now });
      await expect(store.find(token)).resolves.toEqual(session);
    });

    it('keeps what is not set as not set', async () => {
      const { store } = storeWithClock();
      const { token, session } = await store.create(someone({ email: undefined, name: undefined, roles: [] }));
      await expect(store.find(token)).resolves.toEqual(session);
    });

    it('makes tokens of 32 random bytes and ids that are not the token', async () => {
      const { store } = storeWithClock();
      const made = await Promise.all(Array.from({ length: 20 }, () => store.create(someone())));
      for (const { token, session } of made) {
        expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(token).not.toContain(session.id);
      }
      expect(new Set(made.map(({ token }) => token)).size).toBe(20);
      expect(new Set(made.map(({ session }) => session.id)).size).toBe(20);
    });

    it.each([
      ['an unknown token', newToken()],
      ['no text', ''],
      ['other text', 'session'],
      ['a name that objects have', '__proto__'],
      ['a long text', 'x'.repeat(100_000)],
      ['a token with more after it', `${newToken()}\r\n`],
    ])('finds nothing for %s', async (_title, token) => {
      const { store } = storeWithClock();
      await store.create(someone());
      await expect(store.find(token)).resolves.toBeUndefined();
    });

    it('does not take a session’s id, or the hash it keeps, for its token', async () => {
      const { store } = storeWithClock();
      const { session } = await store.create(someone());
      await expect(store.find(session.id)).resolves.toBeUndefined();
    });

    it('ends a session after two hours without use', async () => {
      const { store, clock } = storeWithClock();
      const { token, session } = await store.create(someone());
      clock.now += 2 * HOUR - 1;
      await expect(store.list(session.userId)).resolves.toHaveLength(1);
      clock.now += 1;
      await expect(store.list(session.userId)).resolves.toEqual([]);
      await expect(store.find(token)).resolves.toBeUndefined();
    });

    it('keeps a session that is used, and ends it after twelve hours all the same', async () => {
      const { store, clock } = storeWithClock();
      const { token, session } = await store.create(someone());
      for (let hour = 1; hour < 12; hour += 1) {
        clock.now = session.createdAt + hour * HOUR;
        await expect(store.find(token), `after ${hour} h`).resolves.toMatchObject({ id: session.id });
      }
      clock.now = session.createdAt + 12 * HOUR - 1;
      await expect(store.find(token)).resolves.toBeDefined();
      clock.now += 1;
      await expect(store.find(token)).resolves.toBeUndefined();
      await expect(store.list(session.userId)).resolves.toEqual([]);
    });

    it('writes the time of use down at most once a minute', async () => {
      const { store, clock } = storeWithClock();
      const { token, session } = await store.create(someone());
      clock.now += MINUTE - 1;
      await expect(store.find(token)).resolves.toMatchObject({ lastSeenAt: session.createdAt });
      clock.now += 1;
      await expect(store.find(token)).resolves.toMatchObject({ lastSeenAt: clock.now });
      await expect(store.list(session.userId)).resolves.toMatchObject([{ lastSeenAt: clock.now }]);
    });

    it('lists the sessions of one user, newest first, and nobody else’s', async () => {
      const { store, clock } = storeWithClock();
      const user = someone();
      await store.create(someone());
      const first = await store.create(user);
      clock.now += 1000;
      const second = await store.create(user);
      const listed = await store.list(user.userId);
      expect(listed).toEqual([second.session, first.session]);
      await expect(store.list(randomUUID())).resolves.toEqual([]);
    });

    it('ends one session and leaves the others', async () => {
      const { store } = storeWithClock();
      const user = someone();
      const [kept, ended] = [await store.create(user), await store.create(user)];
      await expect(store.end(user.userId, ended.session.id)).resolves.toBe(true);
      await expect(store.find(ended.token)).resolves.toBeUndefined();
      await expect(store.find(kept.token)).resolves.toBeDefined();
      await expect(store.list(user.userId)).resolves.toEqual([kept.session]);
      await expect(store.end(user.userId, ended.session.id)).resolves.toBe(false);
    });

    it('does not end a session in another user’s name', async () => {
      const { store } = storeWithClock();
      const { token, session } = await store.create(someone());
      await expect(store.end(randomUUID(), session.id)).resolves.toBe(false);
      await expect(store.end(session.userId, 'no-such-id')).resolves.toBe(false);
      await expect(store.find(token)).resolves.toBeDefined();
    });

    it('ends all sessions of one user and counts them', async () => {
      const { store } = storeWithClock();
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
      const { store } = storeWithClock();
      const user = someone({ providerSessionId: randomUUID() });
      const ended = [await store.create(user), await store.create(user)];
      const other = await store.create({ ...user, providerSessionId: randomUUID() });
      await expect(store.endByProviderSession(String(user.providerSessionId))).resolves.toBe(2);
      for (const { token } of ended) await expect(store.find(token)).resolves.toBeUndefined();
      await expect(store.list(user.userId)).resolves.toEqual([other.session]);
      await expect(store.endByProviderSession(randomUUID())).resolves.toBe(0);
    });

    it('makes no session for a provider session that has just been ended', async () => {
      const { store } = storeWithClock();
      const user = someone({ providerSessionId: randomUUID() });
      await store.endByProviderSession(String(user.providerSessionId));
      await expect(store.create(user)).rejects.toMatchObject({ code: 'sign_in_failed' });
      await expect(store.list(user.userId)).resolves.toEqual([]);
      await expect(store.create({ ...user, providerSessionId: randomUUID() })).resolves.toBeDefined();
    });

    it('leaves no session out of the list when all are ended while others are made', async () => {
      const { store } = storeWithClock();
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
      const { store } = storeWithClock();
      const user = someone({ providerSessionId: randomUUID() });
      const making = Array.from({ length: 40 }, () => store.create(user).catch(() => undefined));
      await store.endByProviderSession(String(user.providerSessionId));
      const made = (await Promise.all(making)).filter((one) => one !== undefined);
      for (const { token } of made) await expect(store.find(token)).resolves.toBeUndefined();
      await expect(store.list(user.userId)).resolves.toEqual([]);
    });

    it('does not bring a session back that is ended while it is being used', async () => {
      const { store, clock } = storeWithClock();
      const { token, session } = await store.create(someone());
      clock.now += MINUTE;
      await Promise.all([store.find(token), store.end(session.userId, session.id), store.find(token)]);
      await expect(store.find(token)).resolves.toBeUndefined();
      await expect(store.list(session.userId)).resolves.toEqual([]);
    });

    it('does not count ended sessions towards the hundred', async () => {
      const { store } = storeWithClock();
      const user = someone();
      const first = await store.create(user);
      for (let count = 0; count < 100; count += 1) {
        const { session } = await store.create(user);
        await store.end(user.userId, session.id);
      }
      await expect(store.find(first.token)).resolves.toBeDefined();
    });

    it('keeps a hundred sessions a user and ends the oldest beyond that', async () => {
      const { store, clock } = storeWithClock();
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
  });
}
