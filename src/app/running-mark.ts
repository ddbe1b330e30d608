// Says to scripts/install.mjs that a service runs from this checkout, so that its packages are not replaced under it:
// a socket in node_modules, which answers nothing and which the kernel closes however the service ends.
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('../../', import.meta.url));

/** Nothing where no installation of ours is: in an image, or in a package. Never throws. @returns what takes the mark away. */
export function markRunning(root: string = HERE): () => void {
  const modules = join(root, 'node_modules');
  // Windows does not let packages be replaced that are in use.
  if (process.platform === 'win32' || !existsSync(join(root, 'scripts', 'install.mjs')) || !existsSync(modules))
    return () => undefined;
  const mark = join(modules, `.service-${process.pid}.sock`);
  rmSync(mark, { force: true });
  const server = createServer((socket) => socket.destroy());
  // A folder with a very long path, or a file system that is read only: the service runs all the same.
  server.on('error', () => undefined);
  server.listen(relative(process.cwd(), mark)).unref();
  return () => server.close();
}
