// Installs the locked dependencies when they are missing or the lockfile has changed since.
// Plain JavaScript without imports from outside: it runs on whatever Node (20 or later) the machine has,
// and brings the Node that the project runs on. Scripts of package.json call that one as `env node` afterwards: `env`
// looks it up anew, where the shell remembers the machine's own (ADR 0003).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.installed-lockfile');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const present = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (present !== wanted) {
  if (!process.argv.includes('--quiet'))
    console.error('Installing dependencies (first start, or the lockfile has changed) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('The dependencies could not be installed. Check the network, then run: npm ci');
    process.exit(1);
  }
  const node = join(root, 'node_modules', '.bin', 'node');
  const major = (
    spawnSync(existsSync(node) ? node : process.execPath, ['-p', 'process.versions.node.split(".")[0]'], {
      encoding: 'utf8',
    }).stdout ?? ''
  ).trim();
  if (!(Number(major) >= 24)) {
    console.error(
      `This platform (${process.platform} ${process.arch}) needs Node 24 or later on the PATH; found ${process.version}.`,
    );
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
