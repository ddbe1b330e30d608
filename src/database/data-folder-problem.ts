// What keeps a folder from being the data folder of the embedded database.
import { accessSync, constants, statSync } from 'node:fs';
import { databaseReason } from './database-statements.ts';

/** @returns a sentence, or undefined: it can be used, or is not there and can be made. */
export function dataFolderProblem(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) return `${folder} is not a folder. Check BYOK_DATA_DIR.`;
  const { uid, mode } = stats;
  const own = process.getuid === undefined || uid === process.getuid() || uid === 0;
  // Anyone else who can write into the folder could put a key or a link of theirs there before we do.
  if (!own || (mode & 0o022) !== 0)
    return `The data folder ${folder} can be written by other users. Make it your own: chown it to the user that runs the service, and chmod 700 '${folder}'`;
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `The data folder ${folder} cannot be used: ${databaseReason(error)}. Check BYOK_DATA_DIR and its owner.`;
  }
}
