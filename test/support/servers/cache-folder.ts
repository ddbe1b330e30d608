// Where downloaded and built test servers are kept between runs: outside the checkout, shared by all checkouts.
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { report } from './report.ts';

const LOCK_WAIT_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;

/** The cache folder's absolute path: `BYOK_TEST_CACHE`, else `ops-center-byok` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function cacheFolder(): string {
  const own = process.env.BYOK_TEST_CACHE;
  if (own) return resolve(own);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ops-center-byok');
}

/**
 * Makes the folder `name` in the cache with `build`, unless an earlier run has completed it, and answers its path.
 * It counts as complete only when its marker file exists, so an interrupted build is thrown away and done again.
 */
export async function cachedFolder(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  const marker = join(folder, '.complete');
  if (existsSync(marker)) return folder;
  return withCacheLock(name, async () => {
    if (existsSync(marker)) return folder;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await build(folder);
    await writeFile(marker, `${new Date().toISOString()}\n`);
    return folder;
  });
}

/** Runs `work` while no other process on this machine runs work of the same name on this cache folder. */
export async function withCacheLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(cacheFolder(), { recursive: true });
  const release = await acquire(join(cacheFolder(), `${name}.lock`), name);
  try {
    return await work();
  } finally {
    release();
  }
}

// SQLite's exclusive transaction is a file lock that the operating system frees when its process dies, however it dies.
async function acquire(file: string, name: string): Promise<() => void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  const database = new DatabaseSync(file, { timeout: 0 });
  for (let waited = false; ; waited = true) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      if (!String(error).includes('locked') || Date.now() > deadline) {
        database.close();
        throw new Error(`Could not get the lock ${file}`, { cause: error });
      }
      if (!waited) report(`Waiting for another run that prepares ${name} …`);
    }
    await delay(LOCK_POLL_MS);
  }
}
