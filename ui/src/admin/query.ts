// What the page's address says behind the question mark: who is chosen, which rows are asked for. Reloading keeps it.
import { go, useAddress } from '../router.tsx';

export const useQuery = (): URLSearchParams => new URLSearchParams(useAddress().search);

/** Changes the address in place; what is empty is left out. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value = ''] of Object.entries(changes))
    if (value === '') query.delete(name);
    else query.set(name, value);
  go(`${location.pathname}${query.size === 0 ? '' : `?${query}`}`, 'replace');
}
