// A session store as its contract uses it: with a clock that the test turns.
import { randomUUID } from 'node:crypto';
import type { SessionLifetime } from '../../src/sessions/session-lifetime.ts';
import type { NewSession, SessionStore } from '../../src/sessions/session-store.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

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

/** A store with a clock that the test turns, two hours idle, twelve in all. */
export function storeWithClock(underTest: SessionStoreUnderTest) {
  const clock = { now: Date.now() };
  const store = underTest.make({ idleMs: 2 * HOUR, maxMs: 12 * HOUR, now: () => clock.now });
  return { store, clock };
}
