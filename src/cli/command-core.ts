// The core for a command: beside the running service where it holds the database. Nothing is made that nobody asked for,
// so that a command with another data folder than the service's does not begin a second one with a key of its own.
import { resolve } from 'node:path';
import { Option } from 'commander';
import { type Core, openCore } from '../app/core.ts';
import type { Config } from '../config/config.ts';
import { holdsDatabase } from '../database/pglite-database.ts';

/** For commands that make sense with nothing stored yet. */
export const CREATE_OPTION = new Option(
  '--create',
  'begin with an empty database, and in the embedded default with a new encryption key, where there is none',
).default(false);

/** For the sentence that refuses to. */
export const CREATE_HINT = ' To begin with an empty one, add --create.';

/** @param create of CREATE_OPTION; undefined: the command has no such option. @throws StartupProblem where nothing is stored. */
export async function openCommandCore(config: Config, create?: boolean): Promise<Core> {
  beginsAnew(config, create ?? false);
  return await openCore(config, {
    attach: true,
    create: create ?? false,
    hint: create === undefined ? undefined : CREATE_HINT,
  });
}

/** Whether an embedded database will be made, which is said with its folder. */
export function beginsAnew({ databaseUrl, dataDir }: Config, create: boolean): boolean {
  const folder = resolve(dataDir);
  const begins = create && databaseUrl === undefined && !holdsDatabase(folder);
  if (begins) console.error(`Nothing is stored in ${folder} yet: beginning there.`);
  return begins;
}
