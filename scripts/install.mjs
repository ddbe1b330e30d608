// Installs the locked dependencies where what is there is not what the lockfile says.
// Plain JavaScript without imports from outside: it runs on whatever Node (20 or later) the machine has,
// and brings the Node that the project runs on. Scripts of package.json call that one as `env node` afterwards: `env`
// looks it up again, where the shell remembers the machine's own (ADR 0003).
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInto, recoverTree, replaceTree } from './install/replace-tree.mjs';
import { runningServices } from './install/running-services.mjs';
import { treeMatches } from './install/tree-matches.mjs';
import { takeTurn } from './install/turn.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quiet = process.argv.includes('--quiet');

// Sockets are named relative to here.
process.chdir(root);
if (!treeMatches(root)) await install();
const found = nodeVersion();
if (!(Number(found.split('.')[0]) >= 24))
  stop(`This platform (${process.platform} ${process.arch}) needs Node 24 or later on the PATH; found ${found}.`);

async function install() {
  const folder = await takeTurn(root, () => console.error('Another installation is running here; waiting for it …'));
  // Ctrl+C ends npm and this: the turn must not stay taken.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  recoverTree(root);
  // The one before us may have installed the same.
  if (!treeMatches(root)) {
    await refuseUnderService();
    if (!quiet) console.error('Installing dependencies (first start, or the lockfile has changed) …');
    const problem = installInto(folder, root);
    if (problem !== undefined) stop(`The dependencies could not be installed, and nothing was changed: ${problem}`);
    await refuseUnderService();
    try {
      replaceTree(folder, root);
    } catch ({ code, path }) {
      stop(
        `The dependencies could not be installed, and nothing was changed: ${path} cannot be moved (${code}). Stop what uses it, or run: npm ci`,
      );
    }
    if (!treeMatches(root))
      stop(
        'The dependencies were installed without some that this platform needs. Check the network, then run: npm ci',
      );
  }
  rmSync(folder, { recursive: true, force: true });
}

/** It would go on with half of the old packages and half of the new ones. */
async function refuseUnderService() {
  const running = await runningServices(root);
  if (running.length === 0) return;
  stop(
    `The lockfile has changed, and a service runs from this folder (process ${running.join(', ')}). Stop it, then try again: nothing was installed.`,
  );
}

/** Of the Node that the project runs on: the one that came with the packages, or else the machine's. */
function nodeVersion() {
  const own = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (!existsSync(own) || realpathSync(own) === process.execPath) return process.versions.node;
  const { stdout } = spawnSync(own, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return stdout?.trim() || process.versions.node;
}

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
