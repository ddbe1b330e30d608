// A resource for a question that changes: another search, another page, another period. While the answer to the new
// question is under way, the one to the old stays.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Resource, type Snapshot, useResource } from './resource.ts';
import { useStore } from './store.ts';

export interface Asked<T> {
  readonly resource: Resource<T>;
  readonly state: Snapshot<T>;
  /** What is shown answers the question before. */
  readonly isOld: boolean;
}

interface Options<T> {
  /** Another text is another question. */
  readonly question: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly topics?: readonly string[];
  /** Old answers are better than none when the new one cannot be had. */
  readonly keep?: boolean;
  /** Ask again by itself, while the page is in view. */
  readonly everyMs?: number;
}

export function useAsked<T>({ question, load, topics = [], keep = false, everyMs }: Options<T>): Asked<T> {
  const store = useStore();
  const resource = useMemo(() => store.resource(topics, load), [store, question]);
  const state = useResource(resource);
  const before = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      const { loading, problem } = resource.snapshot();
      // After a failure the resource itself knows when to ask again.
      if (!document.hidden && !loading && problem === undefined) void resource.refresh();
    }, everyMs);
    return () => clearInterval(timer);
  }, [resource, everyMs]);

  if (state.data !== undefined) before.current = state.data;
  else if (state.problem !== undefined && !keep) before.current = undefined;
  const old = state.data === undefined ? before.current : undefined;
  return { resource, state: old === undefined ? state : { ...state, data: old }, isOld: old !== undefined };
}
