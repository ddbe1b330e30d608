// Asks for keys, through the cache, and remembers for whom there is none, whatever happens next.
import { personOf } from './email-address.ts';
import { ByokClientError } from './errors.ts';
import { isFinal, isRefusal } from './fallback.ts';
import { createKeyCache } from './key-cache.ts';
import { type ReleasedKey, readReleasedKey } from './released-key.ts';
import type { SendCall } from './service-calls.ts';

/** One provider and no other, or the preferred one before others. */
export type Wish = { readonly provider: string } | { readonly preferred: string };

export interface ReleasedKeys {
  /** Rejects with `key_not_released` where there is none. */
  release(email: string, wish: Wish, options?: { readonly useCache?: boolean }): Promise<ReleasedKey>;
  /** The last answer, at most five minutes ago, was that nobody's key may stand in for this person's. */
  refusedLately(email: string): boolean;
  clear(email?: string, provider?: string): void;
}

const REMEMBERED_MS = 300_000;

export function createReleasedKeys(send: SendCall, most: number): ReleasedKeys {
  const cache = createKeyCache<ReleasedKey>(most);
  const refused = new Map<string, { readonly reason: string | undefined; readonly until: number }>();

  function remember(person: string, reason: string | undefined): void {
    refused.delete(person);
    refused.set(person, { reason, until: performance.now() + REMEMBERED_MS });
    const oldest = refused.keys().next().value;
    if (refused.size > most && oldest !== undefined) refused.delete(oldest);
  }

  function lately(person: string): { readonly reason: string | undefined } | undefined {
    const found = refused.get(person);
    return found !== undefined && performance.now() < found.until ? found : undefined;
  }

  function learn(person: string, error: unknown): void {
    if (!(error instanceof ByokClientError) || !isRefusal(error)) return;
    if (!isFinal(error)) return void refused.delete(person);
    cache.clear(person);
    remember(person, error.reason);
  }

  async function ask(person: string, email: string, wish: Wish): Promise<ReleasedKey> {
    // A system key of the service's own only where the caller takes any provider: otherwise the caller names its own.
    const body = { user: { email }, ...wish, ...('preferred' in wish ? { system_fallback: true } : {}) };
    const answer = await send({ method: 'POST', path: '/keys/resolve', body, repeatable: true }).catch((error) => {
      learn(person, error);
      throw error;
    });
    const released = readReleasedKey(answer);
    // A system key that stands in for a Keycloak that is away says nothing of the account.
    const isKnown = released.isByok || answer.reason !== 'directory_unavailable';
    if (isKnown) refused.delete(person);
    const before = lately(person);
    if (before !== undefined) throw stillRefused(before.reason);
    return released;
  }

  return {
    async release(email, wish, { useCache = true } = {}) {
      const person = personOf(email);
      if (person === undefined) throw nobody();
      const key = 'provider' in wish ? { person, ...wish } : { person, provider: undefined, ...wish };
      if (!useCache) cache.clear(person, key.provider);
      return cache.get(key, () => ask(person, email, wish));
    },
    refusedLately(email) {
      const person = personOf(email);
      return person === undefined || lately(person) !== undefined;
    },
    clear(email, provider) {
      const person = email === undefined ? undefined : personOf(email);
      // No key is kept for an address that means nobody.
      if (email === undefined || person !== undefined) cache.clear(person, provider);
    },
  };
}

/** What the service would answer. */
const nobody = (): ByokClientError =>
  new ByokClientError('There is no such user.', { code: 'key_not_released', status: 404, reason: 'user_not_found' });

const stillRefused = (reason: string | undefined): ByokClientError =>
  new ByokClientError('A moment ago this account could have no key, and nobody can say whether that still holds.', {
    code: 'key_not_released',
    status: 404,
    reason,
  });
