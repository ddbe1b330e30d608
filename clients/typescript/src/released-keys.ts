// Asks for keys, through the cache, and remembers who was refused because the account is disabled.
import { ByokClientError } from './errors.ts';
import { createKeyCache } from './key-cache.ts';
import type { SendCall } from './service-calls.ts';

export interface ReleasedKey {
  readonly apiKey: string;
  readonly provider: string;
  readonly endpoint: string | null;
  /** True for the user's own key, false for a system key. */
  readonly isByok: boolean;
  readonly maxAgeSeconds: number;
}

/** One provider and no other, or the preferred one before others. */
export type Wish = { readonly provider: string } | { readonly preferred: string };

export interface ReleasedKeys {
  /** Rejects with `key_not_released` where there is none. */
  release(email: string, wish: Wish, options?: { readonly useCache?: boolean }): Promise<ReleasedKey>;
  /** The last answer, at most five minutes ago, was that the account is disabled. */
  disabledLately(email: string): boolean;
  clear(email?: string, provider?: string): void;
}

const REMEMBERED_MS = 300_000;

export function createReleasedKeys(send: SendCall, most: number): ReleasedKeys {
  const cache = createKeyCache<ReleasedKey>(most);
  const disabled = new Map<string, number>();

  function remember(email: string): void {
    const user = email.toLowerCase();
    disabled.delete(user);
    disabled.set(user, performance.now() + REMEMBERED_MS);
    const oldest = disabled.keys().next().value;
    if (disabled.size > most && oldest !== undefined) disabled.delete(oldest);
  }

  const disabledLately = (email: string): boolean => performance.now() < (disabled.get(email.toLowerCase()) ?? 0);

  async function ask(email: string, wish: Wish): Promise<ReleasedKey> {
    // A system key of the service's own only where the caller takes any provider: otherwise the caller names its own.
    const body = { user: { email }, ...wish, ...('preferred' in wish ? { system_fallback: true } : {}) };
    const answer = await send({ method: 'POST', path: '/keys/resolve', body, repeatable: true }).catch((error) => {
      if (error instanceof ByokClientError && error.reason === 'user_disabled') {
        cache.clear(email);
        remember(email);
      }
      throw error;
    });
    const released = readReleasedKey(answer);
    // A system key that stands in for a Keycloak that is away says nothing of the account.
    const isKnown = released.isByok || answer.reason !== 'directory_unavailable';
    if (!isKnown && disabledLately(email)) throw stillDisabled();
    if (isKnown) disabled.delete(email.toLowerCase());
    return released;
  }

  return {
    release(email, wish, { useCache = true } = {}) {
      const key = 'provider' in wish ? { email, ...wish } : { email, provider: undefined, ...wish };
      if (!useCache) cache.clear(email, key.provider);
      return cache.get(key, () => ask(email, wish));
    },
    disabledLately,
    clear: cache.clear,
  };
}

const stillDisabled = (): ByokClientError =>
  new ByokClientError('This account was disabled a moment ago, and nobody can say whether it still is.', {
    code: 'key_not_released',
    status: 404,
    reason: 'user_disabled',
  });

function readReleasedKey(answer: Readonly<Record<string, unknown>>): ReleasedKey {
  const { api_key: apiKey, provider, endpoint = null, is_byok: isByok, max_age_seconds: maxAgeSeconds } = answer;
  if (
    typeof apiKey === 'string' &&
    apiKey !== '' &&
    typeof provider === 'string' &&
    (endpoint === null || typeof endpoint === 'string') &&
    typeof isByok === 'boolean' &&
    typeof maxAgeSeconds === 'number'
  ) {
    return { apiKey, provider, endpoint, isByok, maxAgeSeconds };
  }
  throw new ByokClientError('The key service released a key in a form that this client does not know.', {
    code: 'unexpected_answer',
    status: 200,
  });
}
