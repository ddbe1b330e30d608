// Whom an address means: the service's own rule, so that two people never share what this client keeps.

/**
 * What an address is kept under: letter case does not tell people apart. Undefined: it is not written in Unicode's normal
 * form C, so that the service takes it for nobody's. The Kelvin sign (U+212A), for one, would become another person's k.
 */
export const personOf = (email: string): string | undefined =>
  email.normalize('NFC') === email ? email.toLowerCase() : undefined;
