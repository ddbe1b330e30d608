// The filter stands in the address bar: reloading and going back keep it.
import { useEffect, useReducer } from 'preact/hooks';
import { type Filter, readFilter, writeFilter } from './activity-filter.ts';

/** Changes of the filter replace the address; another page of rows is a step that can be gone back. */
export function useFilter(): [Filter, (change: Partial<Filter>) => void] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = (): void => redraw(undefined);
    addEventListener('popstate', listener);
    return () => removeEventListener('popstate', listener);
  }, []);
  const filter = readFilter(location.search);
  const set = (change: Partial<Filter>): void => {
    const next = { ...readFilter(location.search), cursor: '', ...change };
    const address = `${location.pathname}${writeFilter(next)}`;
    if (change.cursor === undefined) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    redraw(undefined);
  };
  return [filter, set];
}
