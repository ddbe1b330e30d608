// Whom an address means: the service's own rule, so that two people never share what this client keeps.

/** Capitals that every version of Unicode in use makes small alike: with others, two people's addresses could become one. */
const CAPITALS = /[A-Z\u00C0-\u012F\u0131-\u024F\u0386-\u03A1\u03A4-\u03AB\u0400-\u04FF]/g;

/**
 * What an address is kept under: letter case does not tell people apart. Undefined: it is not written in Unicode's normal
 * form C, so that the service takes it for nobody's. The Kelvin sign (U+212A), for one, would become another person's k.
 */
export const personOf = (email: string): string | undefined =>
  email.normalize('NFC') === email ? email.replace(CAPITALS, (letter) => letter.toLowerCase()) : undefined;
