// Whether what is in node_modules is what the lockfile says, no matter what put it there. npm keeps a list of what it has
// installed, but `npm install --package-lock-only` changes that list too: so every package is asked itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns true where every package that this machine needs is there in the locked version, and no other. */
export function treeMatches(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const listed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined || listed === undefined) return false;
  const present = new Set(placesIn(root, 'node_modules'));
  if ([...present].some((place) => wanted[place] === undefined)) return false;
  return Object.entries(wanted).every(([place, locked]) => {
    // The first entry of a lockfile is the project itself.
    if (place === '') return true;
    if (!present.has(place)) return mayBeMissing(locked);
    return (
      readJson(join(root, place, 'package.json'))?.version === locked.version &&
      (locked.integrity === undefined || listed[place]?.integrity === locked.integrity)
    );
  });
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Every package on the disk, as the lockfile names it, such as `node_modules/@scope/one/node_modules/two`. */
function* placesIn(root, folder) {
  for (const name of foldersIn(join(root, folder))) {
    if (name.startsWith('.')) continue;
    const place = `${folder}/${name}`;
    if (name.startsWith('@')) yield* placesIn(root, place);
    else {
      yield place;
      yield* placesIn(root, `${place}/node_modules`);
    }
  }
}

function foldersIn(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Packages for other platforms are left out by npm, and so is what only they need. */
function mayBeMissing({ optional, os, cpu, libc }) {
  if (optional !== true) return false;
  if (os === undefined && cpu === undefined) return true;
  const fits =
    covers(os, process.platform) && covers(cpu, process.arch) && (libc === undefined || covers(libc, ownLibc()));
  return !fits;
}

/** As npm reads the lists: names, or names with an exclamation mark for all others. */
function covers(names, own) {
  if (names === undefined) return true;
  const list = [names].flat();
  if (list.includes(`!${own}`)) return false;
  return list.includes(own) || list.every((name) => name.startsWith('!'));
}

function ownLibc() {
  if (process.platform !== 'linux') return undefined;
  // Looking at the network would take seconds where names do not resolve.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
