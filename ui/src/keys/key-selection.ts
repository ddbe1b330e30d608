// Which keys and providers are shown, as the search and the filter above them say.
import type { ProviderInfo, StoredKey } from '../store.ts';
import { stateOf } from './key-state.ts';

/** With more providers than these a search helps. */
const SEARCH_ABOVE = 8;

interface Question {
  readonly providers: readonly ProviderInfo[];
  /** By provider. */
  readonly stored: ReadonlyMap<string, StoredKey>;
  readonly search: string;
  /** `all`, `good`, `trouble` or `none`. */
  readonly shown: string;
}

interface Selection {
  /** Whether there is so much that it can be searched at all. */
  readonly searchable: boolean;
  readonly keys: readonly StoredKey[];
  /** Providers without a key. */
  readonly offers: readonly ProviderInfo[];
}

export function selectKeys({ providers, stored, search, shown }: Question): Selection {
  const fits = ({ id, name }: ProviderInfo): boolean =>
    `${name} ${id} ${stored.get(id)?.label ?? ''}`.toLowerCase().includes(search.trim().toLowerCase());
  const searchable = providers.length > SEARCH_ABOVE;
  const visible = searchable ? providers.filter(fits) : providers;
  return {
    searchable,
    keys: visible.flatMap(({ id }) => stored.get(id) ?? []).filter((key) => isShown(key, shown)),
    offers: visible.filter(({ id }) => !stored.has(id) && (shown === 'all' || shown === 'none')),
  };
}

const isShown = (key: StoredKey, shown: string): boolean =>
  shown === 'all' ||
  (shown === 'good' && stateOf(key).tone === 'good') ||
  (shown === 'trouble' && ['warn', 'bad'].includes(stateOf(key).tone));
