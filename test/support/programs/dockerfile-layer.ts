// Layers of images that tests build: what `npm ci` installs is kept in the cache, one version of each, until it changes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, withCacheLock } from '../servers/cache-folder.ts';

const MODULES = 'node_modules';

/**
 * Installs packages in a folder, or links them from the last time that the command ran over the same files.
 * @param install runs the command in a folder.
 */
export async function addLayer(
  folder: string,
  command: string,
  install: (folder: string) => Promise<void>,
): Promise<void> {
  const name = `layer-${hash(command)}`;
  const layer = join(cacheFolder(), name);
  const key = layerKey(folder, command);
  // Under the lock to the end, so that nobody replaces what is being linked.
  await withCacheLock(name, async () => {
    if (!existsSync(join(layer, key))) {
      await rm(layer, { recursive: true, force: true });
      await mkdir(layer, { recursive: true });
      for (const file of readdirSync(folder)) await cp(join(folder, file), join(layer, file));
      await install(layer);
      await writeFile(join(layer, key), '');
    }
    await linkFolder(join(layer, MODULES), join(folder, MODULES));
  });
}

/** A copy whose files are the same ones on the disk: nothing may change them in place. */
export async function linkFolder(source: string, destination: string): Promise<void> {
  await mkdir(dirname(destination), { recursive: true });
  const args = ['-aT', source, destination];
  // Where the cache is on another disk, files cannot be linked.
  await promisify(execFile)('cp', ['-l', ...args]).catch(async () => {
    await rm(destination, { recursive: true, force: true });
    await promisify(execFile)('cp', args);
  });
}

/** Whatever the command can see: it runs before the sources are there. */
function layerKey(folder: string, command: string): string {
  const parts = readdirSync(folder)
    .sort()
    .flatMap((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  return `${hash([process.version, command, ...parts].join('\n'))}.complete`;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
