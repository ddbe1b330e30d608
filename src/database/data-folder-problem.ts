// What keeps a folder from being the data folder of the embedded database.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { databaseReason } from './database-statements.ts';

/** An empty database takes 40 MB. */
const BEGIN_MB = 100;
/** One that is there writes with every start. */
const GO_ON_MB = 1;
const MB = 1024 * 1024;

/** @param freeMb how much room the disk of a folder has. @returns a sentence, or undefined: it can be used, or is not there and can be made. */
export function dataFolderProblem(folder: string, freeMb = freeMegabytes): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) {
    const parent = nearestAbove(folder);
    return (
      accessProblem(`The data folder ${folder} cannot be made in ${parent}`, parent) ?? roomProblem(parent, freeMb)
    );
  }
  if (!stats.isDirectory()) return `${folder} is not a folder. Check BYOK_DATA_DIR.`;
  const { uid, mode } = stats;
  const own = process.getuid === undefined || uid === process.getuid() || uid === 0;
  // Anyone else who can write into the folder could put a key or a link of theirs there before we do.
  if (!own || (mode & 0o022) !== 0)
    return `The data folder ${folder} can be written by other users. Make it your own: chown it to the user that runs the service, and chmod 700 '${folder}'`;
  return accessProblem(`The data folder ${folder} cannot be used`, folder) ?? roomProblem(folder, freeMb);
}

function accessProblem(what: string, folder: string): string | undefined {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${what}: ${databaseReason(error)}. Check BYOK_DATA_DIR and its owner, and that its disk is not mounted read-only.`;
  }
}

/** @returns a sentence, where the disk of the folder has no room for what the database writes. */
export function roomProblem(folder: string, freeMb = freeMegabytes): string | undefined {
  const needed = existsSync(join(folder, 'pgdata')) ? GO_ON_MB : BEGIN_MB;
  const free = freeMb(folder);
  if (free >= needed) return undefined;
  return `The disk of ${folder} is full: it has ${Math.floor(free)} MB left, and ${needed} MB are needed. Make room there, or set BYOK_DATA_DIR to a folder on another disk.`;
}

/** What can be told of no disk, as of /proc, counts as room. */
function freeMegabytes(folder: string): number {
  const { blocks, bavail, bsize } = statfsSync(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : (bavail * bsize) / MB;
}

function nearestAbove(folder: string): string {
  const above = dirname(folder);
  return existsSync(above) || above === folder ? above : nearestAbove(above);
}
