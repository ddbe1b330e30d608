// The base address that was probably meant where somebody pasted the address of one call.

/** A word, perhaps with a small number, or the name of a version. Pieces of a key mix their letters with more than that. */
const HARMLESS = /^(?:[a-z]{1,12}\d{0,2}|v\d{1,2}(?:(?:alpha|beta)\d{0,2})?|[A-Z]{2,5}|\d{1,4})?$/;

/** What clients append to a base address by themselves. */
const CALLS =
  /\/(?:chat\/completions|completions|embeddings|responses|models|messages|moderations|images\/generations|audio\/(?:speech|transcriptions|translations))$/i;
const TWICE = /\/(v\d+[a-z0-9]*)\/\1$/i;

/** @returns undefined where nothing looks wrong, or what was typed is no address. */
export function meantEndpoint(endpoint: string): string | undefined {
  const text = endpoint.trim();
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  const path = shorten(pathname.replace(/\/+$/, ''));
  const meant = `${origin}${path}`;
  return path === pathname.replace(/\/+$/, '') ? undefined : meant;
}

function shorten(path: string): string {
  const shorter = path.replace(CALLS, '').replace(TWICE, '/$1').replace(/\/+$/, '');
  return shorter === path ? path : shorten(shorter);
}

/**
 * Whether an address may be repeated in an answer and in the log: people put keys into host names and paths too, and
 * nothing there tells them apart from other long words.
 */
export const mayBeRepeated = ({ hostname, pathname }: URL): boolean =>
  `${hostname}/${pathname}`.split(/[./_-]/).every((word) => HARMLESS.test(word));

/** @param meant of `meantEndpoint`. */
export const didYouMean = (meant: string): string =>
  `The endpoint should be the base address, to which clients add the call. ${
    mayBeRepeated(new URL(meant)) ? `Did you mean ${meant}?` : 'Leave off what comes after it.'
  }`;
