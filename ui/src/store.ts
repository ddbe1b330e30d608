// What the pages have in common: the calls, the resources that several of them show, and the session.
import { createContext } from 'preact';
import { useContext, useEffect, useReducer } from 'preact/hooks';
import { type Answer, type Api, answerOf, callLimit, createApi, resultOf } from './api/client.ts';
import { ProblemError } from './api/problem.ts';
import type { paths } from './api/schema.ts';
import { createResource, type Resource } from './resource.ts';
import { createSurroundings, type SessionWatch } from './surroundings.ts';

export const PREFIX = '/api/v1/byok';
export type Me = Answer<'/auth/me', 'get'>;
export type ProviderInfo = Answer<'/api/v1/byok/providers', 'get'>[number];
export type StoredKey = Answer<'/api/v1/byok/keys', 'get'>[number];
type ProviderId = paths['/api/v1/byok/keys/{provider}']['delete']['parameters']['path']['provider'];
export type LastUse = Answer<'/api/v1/byok/keys/last-uses', 'get'>['items'][number];

export interface StoredKeys {
  readonly keys: readonly StoredKey[];
  /** Age of the answer where it is older than it should be, in seconds: Keycloak is away. */
  readonly staleSeconds: number | undefined;
}

export interface Store {
  /** '' or BASE_PATH: what the page's own path begins with. For links and calls there is `root`. */
  readonly base: string;
  /** Where the service stands, whole: no <base> of the page around leads elsewhere. */
  readonly root: string;
  readonly api: Api;
  readonly session: SessionWatch;
  readonly me: Resource<Me>;
  readonly providers: Resource<readonly ProviderInfo[]>;
  readonly keys: Resource<StoredKeys>;
  readonly lastUses: Resource<readonly LastUse[]>;
  /** A resource of one page's own. Every call of it ends within the limit. */
  resource<T>(topics: readonly string[], load: (signal: AbortSignal) => Promise<T>): Resource<T>;
  /** Read out to those who cannot see the page change. */
  announce(text: string): void;
  onAnnouncement(listener: (text: string) => void): () => void;
}

/** Answers name providers by a string, calls by one of a list that is made of the same table. */
export const providerId = (id: string): ProviderId => id as ProviderId;

/** What is written, by whichever tab, changes these. */
export const KEYS = 'keys';
export const SESSIONS = 'sessions';

export function createStore({ base, root }: Pick<Store, 'base' | 'root'>): Store {
  const api = createApi(root);
  const isSignedIn = async (): Promise<boolean> =>
    answerOf(api.GET('/auth/me', { signal: callLimit() })).then(
      () => true,
      (error) => {
        if (error instanceof ProblemError && error.problem.status === 401) return false;
        throw error;
      },
    );
  const session = createSurroundings(base, isSignedIn);
  const announcements = new Set<(text: string) => void>();
  const limit = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, callLimit()]);
  const resource = <T>(topics: readonly string[], load: (signal: AbortSignal) => Promise<T>): Resource<T> =>
    createResource({ surroundings: session, topics, load: (signal) => load(limit(signal)) });
  return {
    base,
    root,
    api,
    session,
    resource,
    me: resource([SESSIONS], (signal) => answerOf(api.GET('/auth/me', { signal }))),
    providers: resource([], (signal) => answerOf(api.GET(`${PREFIX}/providers`, { signal }))),
    keys: resource([KEYS], async (signal) => {
      const { data, headers } = await resultOf(api.GET(`${PREFIX}/keys`, { signal }));
      const stale = headers.get('x-byok-stale') === 'true';
      return { keys: data, staleSeconds: stale ? Number(headers.get('age') ?? 0) : undefined };
    }),
    lastUses: resource([KEYS], async (signal) => {
      const { items } = await answerOf(api.GET(`${PREFIX}/keys/last-uses`, { signal }));
      return items;
    }),
    announce: (text) => {
      for (const listener of announcements) listener(text);
    },
    onAnnouncement(listener) {
      announcements.add(listener);
      return () => void announcements.delete(listener);
    },
  };
}

const StoreContext = createContext<Store | undefined>(undefined);
export const StoreProvider = StoreContext.Provider;

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error('outside of StoreProvider');
  return store;
}

/** Whether the session has ended, kept up to date. */
export function useSessionEnded(): boolean {
  const { session } = useStore();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => session.onSession(() => redraw(undefined)), [session]);
  return session.hasEnded();
}
