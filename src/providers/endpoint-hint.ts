// The base address that was probably meant where somebody pasted the address of one call.

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

export const didYouMean = (meant: string): string =>
  `The endpoint should be the base address, to which clients add the call. Did you mean ${meant}?`;
