// A wrong prefix is accepted, with a word about it: providers change their formats.
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';

/** @returns sentences for the person. */
export function prefixWarnings(provider: Provider, key: string): string[] {
  const other = [...PROVIDERS.values()]
    .filter(({ prefix }) => prefix !== null && key.startsWith(prefix))
    .sort((a, b) => (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0))[0];
  if (provider.id === 'custom') return [];
  if (other !== undefined && other.id !== provider.id)
    return [`This looks like a key for ${other.name}, not for ${provider.name}.`];
  if (provider.prefix === null || key.startsWith(provider.prefix)) return [];
  return [`Keys for ${provider.name} usually begin with ${provider.prefix}; this one does not.`];
}
