import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../src/database/sqlite-folder-lock.ts';
import { startScript } from '../support/programs/child-process.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const HOLDER = new URL('../support/database/folder-lock-child.ts', import.meta.url);

describe('the lock of a folder', () => {
  it('is held by one at a time in a process, and free again when released', () => {
    const folder = temporaryFolder();
    const release = lockFolder(folder);
    expect(release).toBeTypeOf('function');
    expect(lockFolder(folder)).toBeUndefined();
    release?.();
    release?.();
    const again = lockFolder(folder);
    expect(again).toBeTypeOf('function');
    again?.();
  });

  it('survives an attempt of another on the same folder', () => {
    const folder = temporaryFolder();
    const release = lockFolder(folder);
    onTestFinished(() => release?.());
    for (let attempt = 0; attempt < 3; attempt++) expect(lockFolder(folder)).toBeUndefined();
  });

  it('keeps another process out, and is freed at once by kill -9, without a word on standard error', async () => {
    const folder = temporaryFolder();
    const holder = startScript(HOLDER, folder);
    onTestFinished(async () => {
      await holder.kill();
    });
    expect(await holder.nextLine()).toBe('locked');
    expect(lockFolder(folder)).toBeUndefined();
    const second = startScript(HOLDER, folder);
    expect(await second.nextLine()).toBe('refused');
    await second.kill();
    await holder.kill();
    const release = lockFolder(folder);
    expect(release).toBeTypeOf('function');
    release?.();
    expect(holder.stderr() + second.stderr()).toBe('');
  });

  it('is a file for its owner only, whatever the folder allows', () => {
    const folder = temporaryFolder();
    lockFolder(folder)?.();
    expect(statSync(join(folder, 'lock.sqlite')).mode & 0o777).toBe(0o600);
  });

  it('says what is wrong with a folder that is not there', () => {
    expect(() => lockFolder(join(temporaryFolder(), 'missing'))).toThrow('unable to open database file');
  });
});
