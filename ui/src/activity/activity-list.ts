// The rows of one page of the activity.
import { type Answer, answerOf } from '../api/client.ts';
import { type Asked, useAsked } from '../asked.ts';
import { KEYS, PREFIX, providerId, SESSIONS, useStore } from '../store.ts';
import { type Filter, queryOf, writeFilter } from './activity-filter.ts';

type Rows = Answer<'/api/v1/byok/audit', 'get'>;

export type ActivityQuery = ReturnType<typeof activityQuery>;

export function activityQuery(filter: Filter) {
  const { provider, ...query } = queryOf(filter);
  return { ...query, ...(provider === undefined ? {} : { provider: providerId(provider) }) };
}

export function useActivity(filter: Filter): Asked<Rows> {
  const { api } = useStore();
  return useAsked({
    question: writeFilter(filter),
    topics: [KEYS, SESSIONS],
    async load(signal) {
      const query = { ...activityQuery(filter), ...(filter.cursor === '' ? {} : { cursor: filter.cursor }) };
      // Files are asked for elsewhere.
      return (await answerOf(api.GET(`${PREFIX}/audit`, { params: { query }, signal }))) as Rows;
    },
  });
}
