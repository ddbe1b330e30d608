// When two addresses are one. Keycloak 26.7.4 keeps them in small letters and does not bring them into a normal form
// (measured). Which letters have a small one depends on the version of Unicode, and so on Java's: there are accounts that
// Keycloak tells apart and JavaScript would not.

/** Capitals that every version in use makes small alike, whatever stands beside them: not the I with a dot, nor the sigma. */
const CAPITALS = /[A-Z\u00C0-\u012F\u0131-\u024F\u0386-\u03A1\u03A4-\u03AB\u0400-\u04FF]/g;

const isInNormalForm = (email: string): boolean => email.normalize('NFC') === email;

/**
 * What an address is remembered under: those that share it are one for Keycloak, too. Undefined: it is not written in the one way
 * that Unicode's normal form C gives, and so is nobody's. Others fold into somebody else's address: the Kelvin sign (U+212A)
 * becomes a k in small letters.
 */
export const addressKey = (email: string): string | undefined =>
  isInNormalForm(email) ? email.replace(CAPITALS, (letter) => letter.toLowerCase()) : undefined;

/** Whether an account with the one may be whom Keycloak means by the other. Not whether it is: Keycloak has to have said so. */
export const isSameAddress = (one: string, other: string): boolean =>
  isInNormalForm(one) && isInNormalForm(other) && one.toLowerCase() === other.toLowerCase();
