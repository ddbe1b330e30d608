// Pending sign-ins in the memory of one process.
import { LRUCache } from 'lru-cache';
import { type PendingSignIn, SIGN_IN_MS, type SignInStore } from './sign-in-store.ts';

export function createMemorySignInStore({ max = 10_000, ttlMs = SIGN_IN_MS } = {}): SignInStore {
  const pending = new LRUCache<string, PendingSignIn>({ max, ttl: ttlMs });
  return {
    async keep(state, signIn) {
      pending.set(state, signIn);
    },
    async take(state) {
      const signIn = pending.get(state);
      pending.delete(state);
      return signIn;
    },
  };
}
