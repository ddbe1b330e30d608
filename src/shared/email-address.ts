// When two addresses are one. Keycloak 26.7.4 keeps them in small letters, the same as JavaScript's and Python's, and does not
// bring them into a normal form (measured).

/**
 * What an address is looked up and remembered under. Undefined: it is not written in the one way that Unicode's normal form C
 * gives, and so is nobody's. Others fold into somebody else's address: the Kelvin sign (U+212A) becomes a k in small letters.
 */
export const addressKey = (email: string): string | undefined =>
  email.normalize('NFC') === email ? email.toLowerCase() : undefined;

/** Letter case does not tell addresses apart. */
export const isSameAddress = (one: string, other: string): boolean => {
  const key = addressKey(one);
  return key !== undefined && key === addressKey(other);
};
