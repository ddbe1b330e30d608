// A new node_modules, made beside the old one, which stays until the new one is whole.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What npm says where it cannot reach the registry. */
const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
// What is in npm's cache is not asked for again; a network that is away is given up within seconds, not minutes.
const OPTIONS = [
  ...['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'],
  ...['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'],
];

/** Installs what the lockfile of `root` says into `folder`. @returns why it failed, or undefined. */
export function installInto(folder, root) {
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    if (existsSync(join(root, name))) copyFileSync(join(root, name), join(folder, name));
  const { status, stderr, error } = spawnSync(NPM, ['ci', '--prefix', folder, ...OPTIONS], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
  if (status === 0) return undefined;
  if (error !== undefined) return `npm cannot be run (${error.code}): it comes with Node.`;
  const [code] = NO_NETWORK.exec(stderr) ?? [];
  if (code !== undefined) return `the registry cannot be reached (${code}). Check the network, then try again.`;
  return `npm ci failed. It said:\n${stderr.trim()}`;
}

/** Puts the new tree in the place of the old one. @throws where the file system does not allow it: the old one is back then. */
export function replaceTree(folder, root) {
  const { current, old } = places(root);
  rmSync(old, { recursive: true, force: true });
  if (isThere(current)) renameSync(current, old);
  try {
    renameSync(join(folder, 'node_modules'), current);
  } catch (error) {
    recoverTree(root);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Where a replacement was killed between its two steps, the old tree is still there under its other name. */
export function recoverTree(root) {
  const { current, old } = places(root);
  if (isThere(old) && !isThere(current)) renameSync(old, current);
}

/** A link that leads nowhere is there too. */
const isThere = (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const places = (root) => ({ current: join(root, 'node_modules'), old: join(root, '.node_modules.old') });
