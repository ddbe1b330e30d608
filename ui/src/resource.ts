// Something that the service knows and the page shows. It is asked for again when the page comes back into view, when
// another tab has changed it, and by itself after a failure; meanwhile what was known stays.
import { useEffect, useReducer } from 'preact/hooks';
import { type Problem, ProblemError, readFailure } from './api/problem.ts';

export interface Snapshot<T> {
  /** The last good answer. */
  readonly data: T | undefined;
  /** Why there is no newer one. */
  readonly problem: Problem | undefined;
  readonly loading: boolean;
  /** It takes longer than it should. */
  readonly slow: boolean;
  /** When the next attempt is made by itself, in ms since 1970. */
  readonly retryAt: number | undefined;
}

export interface Resource<T> {
  snapshot(): Snapshot<T>;
  /** Asks again. What an earlier question answers from now on is not used: it may be from before a change. */
  refresh(): Promise<void>;
  subscribe(listener: () => void): () => void;
}

/** What all resources of a page hear of. */
export interface Surroundings {
  /** The page came back into view; with `force` it went online or offline, or a session is there again. */
  onReturn(listener: (force: boolean) => void): () => void;
  /** Another tab, or a write of this one, has changed things by that name. */
  onChange(topic: string, listener: () => void): () => void;
  /** An answer said that nobody is signed in. */
  sessionEnded(): void;
}

const SLOW_MS = 2_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
/** An answer of just now is not asked for again only because the window was clicked. */
const FRESH_MS = 1_000;

interface Options<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly surroundings: Surroundings;
  /** Ask again when this has changed. */
  readonly topics?: readonly string[];
}

export function createResource<T>({ load, surroundings, topics = [] }: Options<T>): Resource<T> {
  const listeners = new Set<() => void>();
  let state: Snapshot<T> = { data: undefined, problem: undefined, loading: false, slow: false, retryAt: undefined };
  let current: AbortController | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let loadedAt = 0;
  let stop: (() => void) | undefined;

  const set = (change: Partial<Snapshot<T>>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };

  const refresh = async (): Promise<void> => {
    current?.abort();
    clearTimeout(retry);
    const controller = new AbortController();
    current = controller;
    set({ loading: true, slow: false, retryAt: undefined });
    const slow = setTimeout(() => set({ slow: true }), SLOW_MS);
    try {
      const data = await load(controller.signal);
      if (current !== controller) return;
      failures = 0;
      loadedAt = Date.now();
      set({ data, problem: undefined });
    } catch (error) {
      if (current === controller) fail(error instanceof ProblemError ? error.problem : readFailure(error));
    } finally {
      clearTimeout(slow);
      if (current === controller) {
        current = undefined;
        set({ loading: false, slow: false });
      }
    }
  };

  const fail = (problem: Problem): void => {
    failures += 1;
    if (problem.status === 401) surroundings.sessionEnded();
    // What will be refused again is not asked again by itself.
    const lasting = problem.status >= 400 && problem.status < 500 && problem.status !== 429 && problem.status !== 408;
    const delay = Math.max(
      (problem.retryAfter ?? 0) * 1000,
      Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
    );
    set({ problem, retryAt: lasting ? undefined : Date.now() + delay });
    if (!lasting && listeners.size > 0) retry = setTimeout(() => void refresh(), delay);
  };

  const start = (): (() => void) => {
    const stops = [
      surroundings.onReturn((force) => {
        if (force || (!state.loading && Date.now() - loadedAt > FRESH_MS)) void refresh();
      }),
      ...topics.map((topic) => surroundings.onChange(topic, () => void refresh())),
    ];
    return () => {
      for (const one of stops) one();
      clearTimeout(retry);
    };
  };

  return {
    snapshot: () => state,
    refresh,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        stop = start();
        if (!state.loading && Date.now() - loadedAt > FRESH_MS) void refresh();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop?.();
      };
    },
  };
}

/** The resource's state, kept up to date while the component is shown. */
export function useResource<T>(resource: Resource<T>): Snapshot<T> {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => resource.subscribe(() => redraw(undefined)), [resource]);
  return resource.snapshot();
}
