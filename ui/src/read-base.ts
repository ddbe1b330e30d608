// The attribute `base` of <byok-keys>: where on this site the service is. Keys that are typed go there, so it is a path
// and nothing else, no matter who writes the attribute. Nor does a path alone say where: a browser reads it against the
// <base> of the page, which may name another host. So whatever is asked or linked to begins with the origin.

/** Segments as `BASE_PATH` has them: nothing that a browser would read as a host, a scheme, a query or a way up. */
const PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** @returns '' or the path without a slash at its end; undefined where it is anything else. */
export function readBase(text: string): string | undefined {
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  return PATH.test(path) ? path : undefined;
}

/**
 * @param origin the page's own, as the browser says it: `self.origin`. That of its address is another one in a sandbox,
 *   and in a frame that was written into the page around it.
 * @returns where the service is, whole, without a slash at its end; undefined where the page has no origin to share with it.
 */
export function rootOf(origin: string, base: string): string | undefined {
  return /^https?:\/\/[^/]+$/.test(origin) ? `${origin}${base}` : undefined;
}
