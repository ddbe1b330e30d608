// What every SessionStore must do, run on each adapter over its real store.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import { itEndsSessions } from './session-store-ends-contract.ts';
import { HOUR, MINUTE, type SessionStoreUnderTest, someone, storeWithClock } from './session-store-under-test.ts';

export function describeSessionStore(title: string, open: () => Promise<SessionStoreUnderTest>): void {
  describe(`${title} as a session store`, () => {
    let underTest: SessionStoreUnderTest;
    beforeAll(async () => {
      underTest = await open();
    });
    afterAll(async () => {
      await underTest?.close();
    });

    it('finds a session by its token, with everything that was put in', async () => {
      const { store, clock } = storeWithClock(underTest);
      const fields = someone({ providerSessionId: randomUUID(), idToken: 'a.b.c', userAgent: 'Firefox' });
      const { token, session } = await store.create(fields);
      expect(session).toMatchObject({ ...fields, createdAt: clock.now, lastSeenAt: clock.now });
      await expect(store.find(token)).resolves.toEqual(session);
    });

    it('keeps what is not set as not set', async () => {
      const { store } = storeWithClock(underTest);
      const { token, session } = await store.create(someone({ email: undefined, name: undefined, roles: [] }));
      await expect(store.find(token)).resolves.toEqual(session);
    });

    it('makes tokens of 32 random bytes and ids that are not the token', async () => {
      const { store } = storeWithClock(underTest);
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
      const { store } = storeWithClock(underTest);
      await store.create(someone());
      await expect(store.find(token)).resolves.toBeUndefined();
    });

    it('does not take a session’s id, or the hash it keeps, for its token', async () => {
      const { store } = storeWithClock(underTest);
      const { session } = await store.create(someone());
      await expect(store.find(session.id)).resolves.toBeUndefined();
    });

    it('ends a session after two hours without use', async () => {
      const { store, clock } = storeWithClock(underTest);
      const { token, session } = await store.create(someone());
      clock.now += 2 * HOUR - 1;
      await expect(store.list(session.userId)).resolves.toHaveLength(1);
      clock.now += 1;
      await expect(store.list(session.userId)).resolves.toEqual([]);
      await expect(store.find(token)).resolves.toBeUndefined();
    });

    it('keeps a session that is used, and ends it after twelve hours all the same', async () => {
      const { store, clock } = storeWithClock(underTest);
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
      const { store, clock } = storeWithClock(underTest);
      const { token, session } = await store.create(someone());
      clock.now += MINUTE - 1;
      await expect(store.find(token)).resolves.toMatchObject({ lastSeenAt: session.createdAt });
      clock.now += 1;
      await expect(store.find(token)).resolves.toMatchObject({ lastSeenAt: clock.now });
      await expect(store.list(session.userId)).resolves.toMatchObject([{ lastSeenAt: clock.now }]);
    });

    it('lists the sessions of one user, newest first, and nobody else’s', async () => {
      const { store, clock } = storeWithClock(underTest);
      const user = someone();
      await store.create(someone());
      const first = await store.create(user);
      clock.now += 1000;
      const second = await store.create(user);
      const listed = await store.list(user.userId);
      expect(listed).toEqual([second.session, first.session]);
      await expect(store.list(randomUUID())).resolves.toEqual([]);
    });

    itEndsSessions(() => underTest);
  });
}
