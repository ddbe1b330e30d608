// What a person sees of a key.

const VISIBLE = 4;

/**
 * The provider's prefix, the next 4 characters, `...`, the last 4: `sk-1234...5678`.
 * Never more than half of the key's characters in all; short keys show less, down to `****`.
 */
export function previewKey(key: string, prefix: string | null): string {
  const shownPrefix = prefix !== null && key.startsWith(prefix) ? prefix : '';
  const budget = Math.floor(key.length / 2) - shownPrefix.length;
  const each = Math.min(VISIBLE, Math.floor(budget / 2));
  if (each < 1) return '****';
  const start = key.slice(shownPrefix.length, shownPrefix.length + each);
  return `${shownPrefix}${start}...${key.slice(-each)}`;
}
