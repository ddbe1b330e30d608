// Where a browser goes after signing in: a path on this host, never another site.
import { z } from 'zod';

const HERE = 'http://here.invalid';

/** @returns the path, query and fragment in their canonical spelling; undefined for what could lead elsewhere. */
function localPath(text: string): string | undefined {
  // Browsers drop some control characters from addresses, so "/\t/elsewhere.example" would leave this host.
  const plain = [...text].every((char) => char >= ' ' && char !== '\u007f' && char !== '\\');
  if (!plain || !text.startsWith('/') || text.startsWith('//') || !URL.canParse(text, HERE)) return undefined;
  const { origin, pathname, search, hash } = new URL(text, HERE);
  // "/.//elsewhere.example" becomes "//elsewhere.example", which browsers take for another host.
  return origin === HERE && !pathname.startsWith('//') ? pathname + search + hash : undefined;
}

export const returnPath = z
  .string()
  .max(2000)
  .refine((text) => localPath(text) !== undefined, 'must be a path on this host, such as /docs');

/** @returns where to go for a `return_to` that has passed `returnPath`. */
export const canonicalPath = (text: string | undefined, fallback: string): string =>
  localPath(text ?? fallback) ?? fallback;
