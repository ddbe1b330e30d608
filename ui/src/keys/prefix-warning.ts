// What a key looks like while it is typed: a hint, never a refusal. The service says the same when it is saved.
import type { ProviderInfo } from '../store.ts';

/** Shorter beginnings fit several providers. */
const ENOUGH = 8;

/** @returns one sentence for the person, or undefined where there is nothing to say. */
export function prefixWarning(key: string, provider: ProviderInfo, all: readonly ProviderInfo[]): string | undefined {
  if (/\s/.test(key)) return 'A key has no spaces or line breaks in it. Copy it again.';
  if (key.length < ENOUGH || provider.id === 'custom') return undefined;
  const fitting = all
    .filter(({ key_format: format }) => format !== null && key.startsWith(format))
    .sort((a, b) => (b.key_format?.length ?? 0) - (a.key_format?.length ?? 0))[0];
  if (fitting !== undefined && fitting.id !== provider.id)
    return `This looks like a key of ${fitting.name}, not of ${provider.name}.`;
  if (provider.key_format !== null && fitting === undefined)
    return `Keys of ${provider.name} usually begin with ${provider.key_format}.`;
  return undefined;
}
