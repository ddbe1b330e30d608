// Released keys in memory: for as long as the answer allows and five minutes at most, a bounded number of them, one call for all
// who ask for the same at once. An answer that was begun before `clear` goes to those who wait for it and is not kept.

/** What one answer of the key service is kept under. `provider` is undefined for "the preferred one, or another". */
export interface CacheKey {
  readonly email: string;
  readonly provider: string | undefined;
  readonly preferred?: string;
}

export interface KeyCache<Value extends { readonly maxAgeSeconds: number }> {
  get(key: CacheKey, load: () => Promise<Value>): Promise<Value>;
  /** Forgets everything, or a user's keys, or one of them (and what was chosen for the user by preference). */
  clear(email?: string, provider?: string): void;
}

type Kept<Value> = { readonly key: CacheKey; readonly value: Value; readonly until: number };
type Flight<Value> = { readonly key: CacheKey; readonly promise: Promise<Value> };

const LONGEST_MS = 300_000;

export function createKeyCache<Value extends { readonly maxAgeSeconds: number }>(most: number): KeyCache<Value> {
  const kept = new Map<string, Kept<Value>>();
  const flights = new Map<string, Flight<Value>>();

  function keep(id: string, key: CacheKey, value: Value, asked: number): void {
    // The answer's age counts from when it was asked for: how long it was under way is not known to the service.
    const until = asked + Math.min(value.maxAgeSeconds * 1_000, LONGEST_MS);
    kept.delete(id);
    if (until <= performance.now()) return;
    kept.set(id, { key, value, until });
    const oldest = kept.keys().next().value;
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  }

  function fly(id: string, key: CacheKey, load: () => Promise<Value>): Promise<Value> {
    const asked = performance.now();
    const promise = load().then(
      (value) => {
        if (flights.get(id)?.promise === promise) {
          flights.delete(id);
          keep(id, key, value, asked);
        }
        return value;
      },
      (error: unknown) => {
        if (flights.get(id)?.promise === promise) flights.delete(id);
        throw error;
      },
    );
    flights.set(id, { key, promise });
    return promise;
  }

  return {
    async get(key, load) {
      const id = idOf(key);
      const found = kept.get(id);
      if (found !== undefined && performance.now() < found.until) {
        // Used last, thrown out last.
        kept.delete(id);
        kept.set(id, found);
        return found.value;
      }
      kept.delete(id);
      return flights.get(id)?.promise ?? fly(id, key, load);
    },
    clear(email, provider) {
      const wanted = email === undefined ? undefined : normalised(email);
      const matches = (key: CacheKey) =>
        (wanted === undefined || normalised(key.email) === wanted) &&
        (provider === undefined || key.provider === undefined || key.provider === provider);
      for (const map of [kept, flights]) for (const [id, { key }] of map) if (matches(key)) map.delete(id);
    },
  };
}

// Keycloak does not tell capitals in addresses apart.
const normalised = (email: string): string => email.toLowerCase();
const idOf = ({ email, provider, preferred }: CacheKey): string =>
  JSON.stringify([normalised(email), provider ?? null, preferred ?? null]);
