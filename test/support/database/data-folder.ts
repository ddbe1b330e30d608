// Data folders that already hold an embedded database: making one from nothing takes seconds, copying one does not.
import { createHash } from 'node:crypto';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../src/database/database.ts';
import { ownedFolder, temporaryFolder } from '../programs/temporary-folder.ts';
import { cachedFolder } from '../servers/cache-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A `BYOK_DATA_DIR` of the test's own, with all tables and nothing in them; removed when the test is over. */
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

let template: Promise<string> | undefined;

async function copyDatabaseTo(folder: string): Promise<void> {
  template ??= cachedFolder(`pglite-${recipe()}`, async (built) => {
    const database = await openDatabase({ databaseUrl: undefined, dataDir: built });
    await database.close();
  });
  cpSync(join(await template, 'pgdata'), join(folder, 'pgdata'), { recursive: true, filter: isUsed });
}

// PostgreSQL keeps two databases to make others from (base/1 and base/4). Nobody makes others here, and they are two thirds of the files.
const isUsed = (path: string): boolean => !/\bbase[\\/][14][\\/]/.test(path);

/** Another PGlite or another migration makes another template. */
function recipe(): string {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const hash = createHash('sha256').update(dependencies['@electric-sql/pglite']);
  for (const file of globSync('src/database/migrations/*.ts', { cwd: ROOT }).sort())
    hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, 12);
}
