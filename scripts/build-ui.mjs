// Builds the page into dist/ui when it is missing or its sources have changed since. Takes about a second.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', 'ui', '.sources');
// The page shares some files with the service: the list is in scripts/rooms/rooms.ts.
const shared = ['src/http/stylesheet.ts', 'src/keys/pasted-key.ts', 'src/keys/key-owner.ts'];
const sources = ['package-lock.json', ...shared, ...globSync('ui/**/*.*', { cwd: root }).sort()];
const hash = createHash('sha256');
for (const file of sources)
  hash
    .update(file)
    .update('\0')
    .update(readFileSync(join(root, file)))
    .update('\0');
const wanted = hash.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (!process.argv.includes('--quiet'))
    console.error('Building the page (first start, or its sources have changed) …');
  const { build } = await import('vite');
  try {
    await build({ configFile: join(root, 'ui', 'vite.config.ts'), logLevel: 'warn' });
  } catch (error) {
    console.error(error);
    console.error('The page could not be built.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
