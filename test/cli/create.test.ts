// Commands with another data folder than the service's begin nothing there: they name the folder.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../support/database/data-folder.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const READING = ['adopt --dry-run', 'reconcile --dry-run', 'audit verify', 'service-token list', 'migrate --dry-run'];
const CHANGING = ['audit prune --days 1', 'audit erase --user x', 'service-token revoke x'];
const BEGINNING = ['adopt', 'reconcile', 'migrate', 'service-token create --name x --scopes usage --expires 9d'];

const byok = (args: string, env: Readonly<Record<string, string>>) =>
  runProgram(process.execPath, ['src/cli.ts', ...args.split(' ')], { folder: process.cwd(), env });

describe('without data in BYOK_DATA_DIR', () => {
  it.each([...READING, ...CHANGING, ...BEGINNING])('byok %s makes nothing, and names the folder', async (args) => {
    const folder = join(temporaryFolder(), 'elsewhere');
    const { status, output, errors } = await byok(args, { BYOK_DATA_DIR: folder });
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toContain(`There is no data in ${folder}, and nothing was made there.`);
    expect(errors.includes('--create')).toBe(BEGINNING.includes(args));
    expect(existsSync(folder)).toBe(false);
  });

  it.each(['an empty folder', 'a folder of something else', 'half of a database'])('nor in %s', async (what) => {
    const folder = temporaryFolder();
    if (what === 'a folder of something else') writeFileSync(join(folder, 'notes.txt'), '');
    if (what === 'half of a database') {
      mkdirSync(join(folder, 'pgdata'));
      writeFileSync(join(folder, 'pgdata.unfinished'), '');
    }
    const before = readdirSync(folder);
    const { status, errors } = await byok('service-token list', { BYOK_DATA_DIR: folder });
    expect([status, errors]).toEqual([1, expect.stringContaining(`There is no data in ${folder}`)]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('byok doctor says so, and makes nothing', async () => {
    const folder = temporaryFolder();
    const { output } = await byok('doctor', { BYOK_DATA_DIR: folder });
    expect(output).toContain(`nothing is stored in ${folder} yet`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('with --create a command that may begin does, and says where', async () => {
    const folder = join(temporaryFolder(), 'new');
    const begun = await byok('service-token create --name x --scopes usage --expires 9d --create', {
      BYOK_DATA_DIR: folder,
    });
    expect(begun.errors).toContain(`Nothing is stored in ${folder} yet: beginning there.`);
    expect(begun.status).toBe(0);
    expect(statSync(join(folder, 'encryption.key')).isFile()).toBe(true);
    expect((await byok('service-token list', { BYOK_DATA_DIR: folder })).output).toContain('x  usage');
  });
});

it('beside data without its encryption key, a command makes none', async () => {
  const folder = await dataFolder();
  const { status, errors } = await byok('audit verify', { BYOK_DATA_DIR: folder });
  expect([status, errors]).toEqual([1, expect.stringContaining('encryption.key is missing')]);
  expect(existsSync(join(folder, 'encryption.key'))).toBe(false);
});
