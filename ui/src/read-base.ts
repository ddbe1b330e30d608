// The attribute `base` of <byok-keys>: where on this site the service is. Keys that are typed go there, so it is a path
// and nothing else, no matter who writes the attribute.

/** Segments as `BASE_PATH` has them: nothing that a browser would read as a host, a scheme, a query or a way up. */
const PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** @returns '' or the path without a slash at its end; undefined where it is anything else. */
export function readBase(text: string): string | undefined {
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  return PATH.test(path) ? path : undefined;
}
