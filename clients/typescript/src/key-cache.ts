// Released keys in memory: for as long as the answer allows and five minutes at most, a bounded number of them, one call for all
// who ask for the same at once. A key is kept under the id that the service names, an address only leads there for as long as its
// last answer allows. An answer that was begun before `clear` goes to those who wait for it and is not kept.

/** What is asked for. `provider` is undefined for "the preferred one, or another". */
export interface CacheKey {
  /** As `personOf` gives it. */
  readonly person: string;
  readonly provider: string | undefined;
  readonly preferred?: string;
}

interface Cacheable {
  readonly maxAgeSeconds: number;
  /** Undefined where an older service does not say. */
  readonly userId: string | undefined;
}

export interface KeyCache<Value extends Cacheable> {
  get(key: CacheKey, load: () => Promise<Value>): Promise<Value>;
  /** Forgets everything, or a user's keys, or one of them (and what was chosen for the user by preference). */
  clear(person?: string, provider?: string): void;
}

type Kept<Value> = {
  readonly id: string;
  readonly provider: string | undefined;
  readonly value: Value;
  readonly until: number;
};
type Flight<Value> = { readonly key: CacheKey; readonly promise: Promise<Value> };

const LONGEST_SECONDS = 300;

export function createKeyCache<Value extends Cacheable>(most: number): KeyCache<Value> {
  const ids = new Map<string, { readonly id: string; readonly until: number }>();
  const kept = new Map<string, Kept<Value>>();
  const flights = new Map<string, Flight<Value>>();

  /** Used last, thrown out last. */
  function put<Entry>(map: Map<string, Entry>, name: string, entry: Entry): void {
    map.delete(name);
    map.set(name, entry);
    const oldest = map.keys().next().value;
    if (map.size > most && oldest !== undefined) map.delete(oldest);
  }

  function find({ person, ...wish }: CacheKey): Value | undefined {
    const owner = ids.get(person);
    const now = performance.now();
    if (owner === undefined || now >= owner.until) return undefined;
    const name = nameOf(owner.id, wish);
    const found = kept.get(name);
    if (found === undefined || now >= found.until) return undefined;
    put(ids, person, owner);
    put(kept, name, found);
    return found.value;
  }

  function keep({ person, ...wish }: CacheKey, value: Value, asked: number): void {
    const id = value.userId ?? `address ${person}`;
    const name = nameOf(id, wish);
    // The answer's age counts from when it was asked for: how long it was under way is not known to the service.
    const until = asked + Math.min(value.maxAgeSeconds, LONGEST_SECONDS) * 1_000;
    if (until > performance.now()) {
      put(ids, person, { id, until });
      put(kept, name, { id, provider: wish.provider, value, until });
    } else {
      kept.delete(name);
      if (ids.get(person)?.id !== id) ids.delete(person);
    }
  }

  function fly(name: string, key: CacheKey, load: () => Promise<Value>): Promise<Value> {
    const asked = performance.now();
    const isCurrent = (): boolean => flights.get(name)?.promise === promise;
    const promise: Promise<Value> = load().then(
      (value) => {
        if (isCurrent()) {
          flights.delete(name);
          keep(key, value, asked);
        }
        return value;
      },
      (error: unknown) => {
        if (isCurrent()) flights.delete(name);
        throw error;
      },
    );
    flights.set(name, { key, promise });
    return promise;
  }

  return {
    async get(key, load) {
      const { person, ...wish } = key;
      const found = find(key);
      if (found !== undefined) return found;
      const name = nameOf(person, wish);
      return flights.get(name)?.promise ?? fly(name, key, load);
    },
    clear(person, provider) {
      // Somebody may be known by several addresses. Where one leads is remembered past its time, for this.
      const id = person === undefined ? undefined : ids.get(person)?.id;
      const owns = (address: string): boolean =>
        person === undefined || address === person || (id !== undefined && ids.get(address)?.id === id);
      const isAbout = (wanted: string | undefined): boolean =>
        provider === undefined || wanted === undefined || wanted === provider;
      for (const [name, { key }] of flights) if (owns(key.person) && isAbout(key.provider)) flights.delete(name);
      for (const [name, entry] of kept)
        if ((person === undefined || entry.id === id) && isAbout(entry.provider)) kept.delete(name);
      if (provider === undefined) for (const address of [...ids.keys()].filter(owns)) ids.delete(address);
    },
  };
}

const nameOf = (owner: string, { provider, preferred }: Omit<CacheKey, 'person'>): string =>
  JSON.stringify([owner, provider ?? null, preferred ?? null]);
