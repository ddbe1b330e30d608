// The rows of one page of the activity, with the filter that they fit.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Answer, answerOf, callLimit } from '../api/client.ts';
import { createResource, type Resource, type Snapshot, useResource } from '../resource.ts';
import { KEYS, PREFIX, providerId, SESSIONS, useStore } from '../store.ts';
import { type Filter, queryOf, writeFilter } from './activity-filter.ts';

type Rows = Answer<'/api/v1/byok/audit', 'get'>;

interface ActivityPage extends Rows {
  /** Which rows were asked for. */
  readonly asked: string;
}

export interface ActivityList {
  readonly resource: Resource<ActivityPage>;
  /** Its data are of this filter, or of the last one while these are on their way. */
  readonly state: Snapshot<ActivityPage>;
  /** The rows are still those of the filter before. */
  readonly changing: boolean;
}

export type ActivityQuery = ReturnType<typeof activityQuery>;

export function activityQuery(filter: Filter) {
  const { provider, ...query } = queryOf(filter);
  return { ...query, ...(provider === undefined ? {} : { provider: providerId(provider) }) };
}

export function useActivity(filter: Filter): ActivityList {
  const { api, session } = useStore();
  const wanted = useRef(filter);
  wanted.current = filter;
  const resource = useMemo(
    () =>
      createResource({
        surroundings: session,
        topics: [KEYS, SESSIONS],
        load: async (signal) => {
          const { cursor } = wanted.current;
          const query = { ...activityQuery(wanted.current), ...(cursor === '' ? {} : { cursor }) };
          const asked = writeFilter(wanted.current);
          const limit = AbortSignal.any([signal, callLimit()]);
          const page = await answerOf(api.GET(`${PREFIX}/audit`, { params: { query }, signal: limit }));
          // Files are asked for elsewhere.
          return { ...(page as Rows), asked };
        },
      }),
    [api, session],
  );
  const state = useResource(resource);
  const key = writeFilter(filter);
  const isFirst = useRef(true);
  useEffect(() => {
    // The first question is asked by whoever listens first.
    if (!isFirst.current) void resource.refresh();
    isFirst.current = false;
  }, [resource, key]);
  const fits = state.data?.asked === key;
  // What does not fit the filter is not shown for long, and never as if it did.
  const shown = fits || state.problem === undefined ? state.data : undefined;
  return { resource, state: { ...state, data: shown }, changing: shown !== undefined && !fits };
}
