// The encryption key of the embedded default, in a file of its owner's in the data folder.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { databaseReason, errorCode } from '../database/database-statements.ts';
import { StartupProblem } from '../shared/errors.ts';
import { parseFernetKey } from './fernet.ts';

interface KeyFileOptions {
  readonly dataDir: string;
  /** Whether a new key may be made. Must be false as soon as anything was stored with a key: a new one could not read it. */
  readonly mayCreate: boolean;
}

/** @returns the key as `ENCRYPTION_KEY` would hold it. @throws StartupProblem where there is none, or not for the owner only. */
export async function readOrCreateEncryptionKey({ dataDir, mayCreate }: KeyFileOptions): Promise<string> {
  const file = join(resolve(dataDir), 'encryption.key');
  const existing = await readKey(file);
  if (existing !== undefined) return existing;
  if (!mayCreate) {
    throw new StartupProblem(
      `${file} is missing, and what is stored cannot be read without it. Put it back from your backup, or set ENCRYPTION_KEY.`,
    );
  }
  await mkdir(resolve(dataDir), { recursive: true, mode: 0o700 });
  await createKey(file);
  // Where another process was first, its key counts.
  const made = await readKey(file);
  if (made === undefined)
    throw new StartupProblem(`${file} is a link to a file that is not there. Put that file back, or remove the link.`);
  return made;
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    const { mode, uid } = await stat(file);
    if (process.getuid !== undefined && uid !== process.getuid() && uid !== 0)
      throw new StartupProblem(
        `${file} belongs to another user, who knows what is in it. Run: chown $(id -u) '${file}'`,
      );
    // Windows has no such bits.
    if ((mode & 0o077) !== 0 && process.platform !== 'win32')
      throw new StartupProblem(`${file} can be read by other users. Run: chmod 600 '${file}'`);
    const text = (await readFile(file, 'utf8')).trim();
    const { problem } = parseFernetKey(text);
    if (problem !== undefined) throw new StartupProblem(`${file} ${problem}. Or put it back from your backup.`);
    return text;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof StartupProblem) throw error;
    throw new StartupProblem(`${file} cannot be read: ${databaseReason(error)}.`, { cause: error });
  }
}

/** The file appears under its name with the whole key on disk, or not at all. */
async function createKey(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64url')}=\n`);
    await handle.sync();
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await handle.close();
    await rm(draft);
  }
}
