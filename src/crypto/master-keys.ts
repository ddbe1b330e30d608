// The bytes of the configured encryption keys.

import { StartupProblem } from '../shared/startup-problem.ts';
import { parseFernetKey } from './fernet.ts';

/** @returns 32 bytes for each, in the same order. @throws StartupProblem for a key that is none. */
export function parseMasterKeys(texts: readonly string[]): Buffer[] {
  return texts.map((text) => {
    const { bytes, problem } = parseFernetKey(text);
    if (bytes === undefined) throw new StartupProblem(`ENCRYPTION_KEY ${problem}.`);
    return bytes;
  });
}
