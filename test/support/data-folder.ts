// Data folders that already hold an empty embedded database: making one from nothing takes seconds, copying one does not.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { cachedFolder } from './servers/cache-folder.ts';
import { ownedFolder, temporaryFolder } from './temporary-folder.ts';

/** A `BYOK_DATA_DIR` of the test's own, with an empty database and no tables; removed when the test is over. */
export async function dataFolder(name = 'data'): Promise<string> {
  const folder = join(temporaryFolder(), name);
  await copyDatabaseTo(folder);
  return folder;
}

/** The same for `beforeAll`: the caller removes it. */
export async function ownedDataFolder(): Promise<{ path: string; remove: () => void }> {
  const folder = ownedFolder();
  await copyDatabaseTo(folder.path);
  return folder;
}

async function copyDatabaseTo(folder: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version: string = manifest.dependencies['@electric-sql/pglite'];
  const template = await cachedFolder(`pglite-${version}`, async (built) => {
    const pglite = await PGlite.create(join(built, 'pgdata'));
    await pglite.close();
  });
  cpSync(join(template, 'pgdata'), join(folder, 'pgdata'), { recursive: true });
}
