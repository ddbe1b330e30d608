// What the page's address says behind the question mark: who is chosen, which rows are asked for. Reloading keeps it.
import { useEffect, useReducer } from 'preact/hooks';
import { CHANGED } from '../router.tsx';

export function useQuery(): URLSearchParams {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = (): void => redraw(undefined);
    addEventListener('popstate', listener);
    addEventListener(CHANGED, listener);
    return () => {
      removeEventListener('popstate', listener);
      removeEventListener(CHANGED, listener);
    };
  }, []);
  return new URLSearchParams(location.search);
}

/** Changes the address in place; what is empty is left out. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value = ''] of Object.entries(changes))
    if (value === '') query.delete(name);
    else query.set(name, value);
  history.replaceState(null, '', `${location.pathname}${query.size === 0 ? '' : `?${query}`}`);
  dispatchEvent(new Event(CHANGED));
}
