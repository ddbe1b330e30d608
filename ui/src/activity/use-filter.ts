// The filter stands in the address bar: reloading and going back keep it.
import { go, useAddress } from '../router.tsx';
import { type Filter, readFilter, writeFilter } from './activity-filter.ts';

/** Changes of the filter replace the address; another page of rows is a step that can be gone back. */
export function useFilter(): [Filter, (change: Partial<Filter>) => void] {
  const filter = readFilter(useAddress().search);
  const set = (change: Partial<Filter>): void => {
    const next = { ...readFilter(location.search), cursor: '', ...change };
    go(`${location.pathname}${writeFilter(next)}`, change.cursor === undefined ? 'replace' : 'push');
  };
  return [filter, set];
}
