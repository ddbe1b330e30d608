// Sessions in the memory of one process: a Map look-up to read, no timer, bounded in number.
import { LRUCache } from 'lru-cache';
import { hashOfToken, newToken, sessionIdOf } from '../crypto/secret-token.ts';
import { ByokError } from '../shared/errors.ts';
import {
  ENDED_PROVIDER_SESSION_MS,
  needsTouch,
  SESSIONS_PER_USER,
  type SessionLifetime,
  timeLeft,
} from './session-lifetime.ts';
import type { Session, SessionStore } from './session-store.ts';

interface MemorySessionStoreOptions extends SessionLifetime {
  /** When full, the session that was unused for longest is ended. */
  maxSessions?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

interface Kept {
  readonly hash: string;
  session: Session;
}

/** In the order in which they were made. */
type Index = Map<string, readonly Kept[]>;

export function createMemorySessionStore(options: MemorySessionStoreOptions): SessionStore {
  const { maxSessions = 100_000, now = Date.now } = options;
  // By token hash, longest unused first: a touched session moves to the end.
  const sessions = new Map<string, Kept>();
  const byUser: Index = new Map();
  const byProviderSession: Index = new Map();
  const endedProviderSessions = new LRUCache<string, true>({ max: 10_000, ttl: ENDED_PROVIDER_SESSION_MS });

  const isAlive = ({ session }: Kept): boolean => timeLeft(session, options, now()) > 0;
  /** @returns false where it had ended by itself. */
  const remove = (kept: Kept): boolean => {
    const { hash, session } = kept;
    sessions.delete(hash);
    removeFrom(byUser, session.userId, kept);
    removeFrom(byProviderSession, session.providerSessionId, kept);
    return isAlive(kept);
  };
  const removeMany = (all: readonly Kept[]): number => all.filter(remove).length;

  const makeRoom = (userId: string): void => {
    removeMany(
      under(byUser, userId)
        .filter(isAlive)
        .slice(0, 1 - SESSIONS_PER_USER),
    );
    for (const kept of sessions.values()) {
      if (sessions.size < maxSessions && isAlive(kept)) break;
      remove(kept);
    }
  };

  return {
    async create(fields) {
      const { userId, providerSessionId } = fields;
      if (providerSessionId !== undefined && endedProviderSessions.has(providerSessionId)) {
        throw new ByokError('sign_in_failed', { reason: 'the session at the identity provider has just been ended' });
      }
      makeRoom(userId);
      const token = newToken();
      const hash = hashOfToken(token) ?? '';
      const session = { ...fields, id: sessionIdOf(hash), createdAt: now(), lastSeenAt: now() };
      const kept = { hash, session };
      sessions.set(hash, kept);
      addTo(byUser, userId, kept);
      addTo(byProviderSession, providerSessionId, kept);
      return { token, session };
    },
    async find(token) {
      const hash = hashOfToken(token);
      const kept = hash === undefined ? undefined : sessions.get(hash);
      // One that has ended by itself goes when room is made.
      if (kept === undefined || !isAlive(kept)) return undefined;
      if (needsTouch(kept.session, options, now())) {
        kept.session = { ...kept.session, lastSeenAt: now() };
        sessions.delete(kept.hash);
        sessions.set(kept.hash, kept);
      }
      return kept.session;
    },
    async list(userId) {
      const alive = under(byUser, userId).filter(isAlive);
      return alive.map(({ session }) => session).reverse();
    },
    async end(userId, sessionId) {
      const kept = under(byUser, userId).find(({ session }) => session.id === sessionId);
      return kept !== undefined && remove(kept);
    },
    endAll: async (userId) => removeMany(under(byUser, userId)),
    async endByProviderSession(providerSessionId) {
      endedProviderSessions.set(providerSessionId, true);
      return removeMany(under(byProviderSession, providerSessionId));
    },
    async close() {
      for (const map of [sessions, byUser, byProviderSession]) map.clear();
    },
  };
}

const under = (index: Index, key: string): readonly Kept[] => index.get(key) ?? [];

function addTo(index: Index, key: string | undefined, kept: Kept): void {
  if (key !== undefined) index.set(key, [...under(index, key), kept]);
}

function removeFrom(index: Index, key: string | undefined, kept: Kept): void {
  if (key === undefined) return;
  const others = under(index, key).filter((one) => one !== kept);
  if (others.length === 0) index.delete(key);
  else index.set(key, others);
}
