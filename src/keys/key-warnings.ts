// A wrong prefix is accepted, with a word about it: providers change their formats.
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { type KeyOwner, otherOwner } from './key-owner.ts';

/** Whose key it looks like, where that is somebody else than the provider. */
export const ownerElsewhere = (provider: Provider, key: string): KeyOwner | undefined =>
  otherOwner(key, provider.id, [...PROVIDERS.values()]);

/** @returns sentences for the person. */
export function prefixWarnings(provider: Provider, key: string): string[] {
  const other = ownerElsewhere(provider, key);
  if (other !== undefined) return [`This looks like a key for ${other.name}, not for ${provider.name}.`];
  if (provider.prefix === null || key.startsWith(provider.prefix)) return [];
  return [`Keys for ${provider.name} usually begin with ${provider.prefix}; this one does not.`];
}
