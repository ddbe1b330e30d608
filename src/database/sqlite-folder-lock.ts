// One process at a time on a folder, by SQLite's exclusive lock on a file in it.
// The lock belongs to the kernel, so even kill -9 frees it at once. It is tied to the process: opening and closing
// the file by other means in the process that holds it would free it, so nothing but this module may open it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Frees the folder. Idempotent. */
export type ReleaseFolder = () => void;

/** SQLITE_BUSY, from https://sqlite.org/rescode.html */
const BUSY = 5;

export const LOCK_FILE = 'lock.sqlite';

/**
 * @param folder must exist.
 * @returns undefined where someone else holds the folder, in this process or in another.
 */
export function lockFolder(folder: string): ReleaseFolder | undefined {
  const file = join(folder, LOCK_FILE);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Whoever may read the file may lock it too.
    chmodSync(file, 0o600);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  return () => {
    if (database.isOpen) database.close();
  };
}
