// What a Cookie header holds under one name, read to the letter.

/**
 * Libraries decode, unquote, trim more than spaces, or take the first of several. Each is a way for another host of the
 * domain to have a cookie of its own taken for one of ours.
 * @param name compared character by character, capitals included.
 * @returns the values under it, in order, without repeats. More than one: somebody else has set one of them.
 */
export function cookieValues(header: string | undefined, name: string): string[] {
  const values = cookiesOf(header).flatMap((cookie) => (cookie.name === name ? [cookie.value] : []));
  return [...new Set(values)];
}

/** @returns the names in a header that begin so, without repeats. */
export function cookieNames(header: string | undefined, prefix: string): string[] {
  return [...new Set(cookiesOf(header).flatMap(({ name }) => (name.startsWith(prefix) ? [name] : [])))];
}

function cookiesOf(header = ''): { name: string; value: string }[] {
  return header.split(';').flatMap((part) => {
    const end = part.indexOf('=');
    if (end < 0) return [];
    return [{ name: part.slice(0, end).replace(/^[ \t]+/, ''), value: part.slice(end + 1).replace(/[ \t]+$/, '') }];
  });
}
