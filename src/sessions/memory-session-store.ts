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

type Index = Map<string, Set<string>>;

export function createMemorySessionStore(options: MemorySessionStoreOptions): SessionStore {
  const { maxSessions = 100_000, now = Date.now } = options;
  // By token hash, longest unused first: a touched session moves to the end.
  const sessions = new Map<string, Session>();
  const byUser: Index = new Map();
  const byProviderSession: Index = new Map();
  const endedProviderSessions = new LRUCache<string, true>({ max: 10_000, ttl: ENDED_PROVIDER_SESSION_MS });

  const remove = (hash: string): boolean => {
    const session = sessions.get(hash);
    if (session === undefined) return false;
    sessions.delete(hash);
    removeFrom(byUser, session.userId, hash);
    removeFrom(byProviderSession, session.providerSessionId, hash);
    return timeLeft(session, options, now()) > 0;
  };
  const removeMany = (hashes: Iterable<string> = []): number => [...hashes].filter(remove).length;

  const makeRoom = (userId: string): void => {
    const own = [...(byUser.get(userId) ?? [])];
    removeMany(own.slice(0, Math.max(0, own.length + 1 - SESSIONS_PER_USER)));
    for (const [hash, session] of sessions) {
      if (sessions.size < maxSessions && timeLeft(session, options, now()) > 0) break;
      remove(hash);
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
      sessions.set(hash, session);
      addTo(byUser, userId, hash);
      addTo(byProviderSession, providerSessionId, hash);
      return { token, session };
    },
    async find(token) {
      const hash = hashOfToken(token);
      const session = hash === undefined ? undefined : sessions.get(hash);
      if (hash === undefined || session === undefined) return undefined;
      if (timeLeft(session, options, now()) <= 0) {
        remove(hash);
        return undefined;
      }
      if (!needsTouch(session, options, now())) return session;
      const touched = { ...session, lastSeenAt: now() };
      sessions.delete(hash);
      sessions.set(hash, touched);
      return touched;
    },
    async list(userId) {
      const own = [...(byUser.get(userId) ?? [])].map((hash) => sessions.get(hash));
      return own
        .filter((session) => session !== undefined && timeLeft(session, options, now()) > 0)
        .reverse() as Session[];
    },
    async end(userId, sessionId) {
      const hash = [...(byUser.get(userId) ?? [])].find((candidate) => sessionIdOf(candidate) === sessionId);
      return hash !== undefined && remove(hash);
    },
    endAll: async (userId) => removeMany(byUser.get(userId)),
    async endByProviderSession(providerSessionId) {
      endedProviderSessions.set(providerSessionId, true);
      return removeMany(byProviderSession.get(providerSessionId));
    },
    async close() {
      for (const map of [sessions, byUser, byProviderSession]) map.clear();
    },
  };
}

function addTo(index: Index, key: string | undefined, hash: string): void {
  if (key === undefined) return;
  const hashes = index.get(key);
  if (hashes === undefined) index.set(key, new Set([hash]));
  else hashes.add(hash);
}

function removeFrom(index: Index, key: string | undefined, hash: string): void {
  if (key === undefined) return;
  const hashes = index.get(key);
  hashes?.delete(hash);
  if (hashes?.size === 0) index.delete(key);
}
