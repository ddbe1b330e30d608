// Notices a start with another ENCRYPTION_KEY than the one that the data was written with, before anything is lost.
import { hkdfSync } from 'node:crypto';
import { StartupProblem } from '../shared/errors.ts';
import { parseFernetKey } from './fernet.ts';

/** Keeps one value for the whole database. Throws ByokError `database_unavailable` when it cannot answer. */
export interface KeyCheckStore {
  /** Undefined in a database that no key was used with yet. */
  read(): Promise<string | undefined>;
  /** Stores the value unless there is one already. @returns the value that is stored now. */
  writeIfAbsent(value: string): Promise<string>;
}

const INFO = 'byok key check v1';

/** A value that tells whether a master key is the same as before, without telling anything about the key. */
export const keyCheckValue = (masterKey: Buffer): string =>
  Buffer.from(hkdfSync('sha256', masterKey, '', INFO, 32)).toString('base64url');

/**
 * Passes when one of the keys is the one that the database was used with. A database that was used with none yet
 * takes the first key. Of several first starts at once, one decides and the others are checked against it.
 * @param masterKeys newest first, 32 bytes each. At least one.
 * @param mayWrite false: a database that was used with none stays so.
 * @throws StartupProblem when none of them fits; nothing was written then.
 */
export async function verifyKeyCheck(
  store: KeyCheckStore,
  masterKeys: readonly Buffer[],
  { mayWrite = true }: { mayWrite?: boolean } = {},
): Promise<void> {
  const values = masterKeys.map(keyCheckValue);
  const [first] = values;
  if (first === undefined) throw new TypeError('verifyKeyCheck needs a key');
  const stored = (await store.read()) ?? (mayWrite ? await store.writeIfAbsent(first) : first);
  if (values.includes(stored)) return;
  throw new StartupProblem(
    'This database was used with another ENCRYPTION_KEY, and what is stored cannot be read without it. ' +
      'Put that key back into the list, beside the one that is there: ENCRYPTION_KEY=new,old. Nothing was written.',
  );
}

/** @returns 32 bytes for each, in the same order. @throws StartupProblem for a key that is none. */
export function parseMasterKeys(texts: readonly string[]): Buffer[] {
  return texts.map((text) => {
    const { bytes, problem } = parseFernetKey(text);
    if (bytes === undefined) throw new StartupProblem(`ENCRYPTION_KEY ${problem}.`);
    return bytes;
  });
}
