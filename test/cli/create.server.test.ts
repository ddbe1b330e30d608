// Commands make no tables in a PostgreSQL database that has none: it may be the wrong one.
import { expect, inject, it, onTestFinished } from 'vitest';
import { dataFolder } from '../support/database/data-folder.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { runProgram } from '../support/programs/run-program.ts';

const byok = (args: string, env: Readonly<Record<string, string>>) =>
  runProgram(process.execPath, ['src/cli.ts', ...args.split(' ')], { folder: process.cwd(), env });

it.each([
  'audit verify',
  'reconcile --dry-run',
  'service-token list',
  'service-token create --name x --scopes usage --expires 9d',
])('byok %s makes no tables in an empty database on PostgreSQL', async (args) => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  onTestFinished(drop);
  const env = { DATABASE_URL: url, BYOK_DATA_DIR: await dataFolder() };
  const { status, errors } = await byok(args, env);
  expect([status, errors]).toEqual([
    1,
    expect.stringContaining('The database has no tables of this service, and nothing was made.'),
  ]);
  expect((await byok('migrate --dry-run', env)).output).toContain('0001-key-check-and-users');
});
