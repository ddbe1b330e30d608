// The embedded database: PostgreSQL in this process, its files in a folder that no other process may use meanwhile.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { StartupProblem } from '../shared/errors.ts';
import { dataFolderProblem } from './data-folder-problem.ts';
import type { Schema } from './database-schema.ts';
import { databaseReason, type OnQuery, queryListener } from './database-statements.ts';
import { type Missing, type MissingTables, settleTables } from './database-tables.ts';
import { startPgliteSocketServer } from './pglite-socket-server.ts';
import { COLUMN_PARSERS, type WarningLog } from './postgres-pool.ts';
import { LOCK_FILE, lockFolder, type ReleaseFolder } from './sqlite-folder-lock.ts';

// PGlite's own parameters reserve 128 MB for buffers; a few thousand users need far less.
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

/** Makes the folder where it does not exist and may be made. @returns undefined where someone else holds it. */
export function lockDataFolder(folder: string, { missing, hint }: MissingTables): ReleaseFolder | undefined {
  const refuse = missing !== 'make';
  // A process that makes a database there right now has the lock: it is waited for.
  if (refuse && !holdsDatabase(folder) && !existsSync(join(folder, LOCK_FILE))) throw noData(folder, hint);
  try {
    if (!refuse) mkdirSync(folder, { recursive: true, mode: 0o700 });
    assertUsable(folder);
    const release = lockFolder(folder);
    if (release === undefined || !refuse || holdsDatabase(folder)) return release;
    release();
    throw noData(folder, hint);
  } catch (error) {
    if (error instanceof StartupProblem) throw error;
    throw new StartupProblem(
      `The data folder ${folder} cannot be used: ${databaseReason(error)}. Check BYOK_DATA_DIR and its owner.`,
      { cause: error },
    );
  }
}

/** Whether there is a whole database in the folder, of a service that runs or of one that ran. */
export const holdsDatabase = (folder: string): boolean =>
  existsSync(join(folder, 'pgdata')) && !existsSync(join(folder, 'pgdata.unfinished'));

const noData = (folder: string, hint = ''): StartupProblem =>
  new StartupProblem(
    `There is no data in ${folder}, and nothing was made there. Set BYOK_DATA_DIR to the data folder of the service (or DATABASE_URL).${hint}`,
  );

function assertUsable(folder: string): void {
  const problem = dataFolderProblem(folder);
  if (problem !== undefined) throw new StartupProblem(problem);
}

interface EmbeddedOptions {
  readonly folder: string;
  /** Frees the folder: called when the database is closed, or could not be opened. */
  readonly release: ReleaseFolder;
  readonly missing: Missing;
  readonly hint: string | undefined;
  readonly log: WarningLog | undefined;
  readonly onQuery?: OnQuery | undefined;
}

/** The caller has locked the folder. While the database is open, commands reach it over a socket in the folder. */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<{
  db: Kysely<Schema>;
  close(): Promise<void>;
}> {
  const { folder, release, log } = options;
  // Closed in the opposite order, on failure too: the folder is freed last, when nothing writes to it any more.
  await using opened = new AsyncDisposableStack();
  opened.defer(release);
  const pglite = await openPglite(folder);
  opened.defer(async () => {
    if (!pglite.closed) await pglite.close();
  });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }), ...queryListener(options.onQuery) });
  opened.defer(() => db.destroy());
  await settleTables(db, options);
  try {
    const server = await startPgliteSocketServer({ pglite, folder });
    opened.defer(() => server.close());
  } catch (error) {
    // A service without its commands is better than none: a folder with a very long path, or without Unix sockets.
    log?.warn({ err: error }, 'commands cannot reach this service while it runs');
  }
  const resources = opened.move();
  return { db, close: () => resources.disposeAsync() };
}

const NO_ROOM = /No space left|ENOSPC|disk full|53100/i;

async function openPglite(folder: string): Promise<PGlite> {
  const files = join(folder, 'pgdata');
  const unfinished = join(folder, 'pgdata.unfinished');
  // A first start that was killed leaves half of a database, in which nothing was ever stored.
  if (existsSync(unfinished)) rmSync(files, { recursive: true, force: true });
  if (!existsSync(files)) {
    writeFileSync(unfinished, '');
    mkdirSync(files, { mode: 0o700 });
  }
  const complaints: string[] = [];
  try {
    const pglite = await PGlite.create({
      dataDir: files,
      startParams: START_PARAMETERS,
      parsers: COLUMN_PARSERS,
      onStderr: (line) => complaints.push(line) < 0,
    });
    rmSync(unfinished, { force: true });
    return pglite;
  } catch (error) {
    const reason = complaints.find((line) => /FATAL|PANIC/.test(line)) ?? databaseReason(error);
    if ([...complaints, reason].some((text) => NO_ROOM.test(text)))
      throw new StartupProblem(
        `The embedded database in ${files} cannot be opened: the disk is full (${reason.trim()}). Make room there, and start again: nothing has to be restored.`,
        { cause: error },
      );
    throw new StartupProblem(
      `The embedded database in ${files} cannot be opened (${reason.trim()}). ` +
        'Restore the folder from a backup, or move it away to begin with an empty one.',
      { cause: error },
    );
  }
}
