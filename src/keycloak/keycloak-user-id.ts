// Which texts Keycloak can have as an id, an email or a name: the others are answered without asking it. To some of
// them it would answer 500, with a list of users, or with its realm (measured).

/** The column is as wide; of a federated user it is what follows the second colon that is free. */
const LONGEST_LOCAL = 36;
const LONGEST_NAME = 255;
/** Of a federated user it may be longer than of others. */
const LONGEST_EMAIL = 320;
/** What is at these addresses under /users/ is not a user; dots would be resolved away. */
const OTHER_ADDRESSES: ReadonlySet<string> = new Set(['', '.', '..', 'count', 'profile']);
/** A user whom a federation keeps: `f:`, the id of the federation, and what the federation calls the user. */
const FEDERATED = /^f:(?<component>[^:]+):(?<name>.+)$/s;

/** False only where there can be no such user. Imported ones may have any id of up to 36 characters. */
export function mayBeUserId(id: string): boolean {
  if (OTHER_ADDRESSES.has(id) || !mayBeStored(id)) return false;
  if (!id.startsWith('f:')) return isUpTo(LONGEST_LOCAL, id);
  const { component = '', name = '' } = FEDERATED.exec(id)?.groups ?? {};
  return name !== '' && isUpTo(LONGEST_LOCAL, component) && isUpTo(LONGEST_NAME, name);
}

export const mayBeEmail = (email: string): boolean =>
  email !== '' && mayBeStored(email) && isUpTo(LONGEST_EMAIL, email) && !/\p{Cc}/u.test(email);

/** Control characters Keycloak refuses in a query (measured). */
export const mayBeInNames = (word: string): boolean =>
  mayBeStored(word) && isUpTo(LONGEST_NAME, word) && !/\p{Cc}/u.test(word);

/** No database keeps a zero character in a text, and half a character cannot be sent. */
const mayBeStored = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const isUpTo = (most: number, text: string): boolean =>
  text.length <= most || [...text.slice(0, 2 * most + 1)].length <= most;
