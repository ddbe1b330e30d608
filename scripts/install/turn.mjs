// One installation at a time in a checkout: the folder that it works in is the lock, and says which process has it.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 200;
/** Between making the folder and saying whose it is. */
const NAMELESS_LOOKS = 25;

/**
 * Waits until no other process installs here. @param onWait called once, where there is another.
 * @returns an empty folder beside node_modules. Removing it gives the turn to the next.
 */
export async function takeTurn(root, onWait) {
  const folder = join(root, '.node_modules.new');
  let nameless = 0;
  for (let looks = 0; ; looks++) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'pid'), String(process.pid));
      return folder;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = holderOf(folder);
    nameless = holder === undefined ? nameless + 1 : 0;
    if (nameless > NAMELESS_LOOKS || (holder !== undefined && !isRunning(holder))) discard(folder, holder);
    else {
      if (looks === 0) onWait();
      await wait(LOOK_MS);
    }
  }
}

/** Undefined: it has not said so yet, or was killed before it could. */
function holderOf(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** What a killed installation left. Moved away first: of several that find it, one moves it, and none takes what is new. */
function discard(folder, holder) {
  if (holderOf(folder) !== holder) return;
  const away = `${folder}.${process.pid}`;
  try {
    renameSync(folder, away);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  rmSync(away, { recursive: true, force: true });
}
