// A commit laid out in a folder of its own, with its dependencies and its page, as `npm start` would leave it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The tree that this tool is in. */
export const HERE = join(import.meta.dirname, '..');

export interface Checkout {
  readonly root: string;
  /** The commit, or that it is the working tree. */
  readonly name: string;
  remove(): void;
}

/** @param commit anything that git knows; undefined: the working tree as it is. */
export function checkOut(commit: string | undefined): Checkout {
  if (commit === undefined) {
    run('node', ['scripts/build-ui.mjs', '--quiet'], HERE);
    return { root: HERE, name: 'the working tree', remove: () => undefined };
  }
  const name = run('git', ['rev-parse', '--short', '--verify', `${commit}^{commit}`], HERE).trim();
  const root = mkdtempSync(join(tmpdir(), `byok-${name}-`));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const archive = join(root, 'archive.tar');
    run('git', ['archive', '--output', archive, name], HERE);
    run('tar', ['-xf', archive, '-C', root], HERE);
    rmSync(archive);
    installDependencies(root);
    run('node', ['scripts/build-ui.mjs', '--quiet'], root);
  } catch (error) {
    remove();
    throw error;
  }
  return { root, name, remove };
}

/** Ours where they are the same: an installation takes minutes. */
function installDependencies(root: string): void {
  const lock = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const modules = join(HERE, 'node_modules');
  if (existsSync(modules) && lock(root) === lock(HERE)) symlinkSync(modules, join(root, 'node_modules'), 'dir');
  else run('node', ['scripts/install.mjs', '--quiet'], root);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const path = `${join(cwd, 'node_modules', '.bin')}:${process.env.PATH}`;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
}
