import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readOrCreateEncryptionKey } from '../../src/crypto/embedded-encryption-key.ts';
import { parseFernetKey } from '../../src/crypto/fernet.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const FILE = 'encryption.key';

describe('the encryption key of the embedded default', () => {
  it('is made once, for its owner only, and read from then on', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const key = await readOrCreateEncryptionKey({ dataDir, mayCreate: true });
    expect(key).toMatch(/^[\w-]{43}=$/);
    expect(parseFernetKey(key).problem).toBeUndefined();
    expect(statSync(join(dataDir, FILE)).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(await readOrCreateEncryptionKey({ dataDir, mayCreate: true })).toBe(key);
    expect(await readOrCreateEncryptionKey({ dataDir, mayCreate: false })).toBe(key);
    expect(readdirSync(dataDir)).toEqual([FILE]);
  });

  it('is another in another folder', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const keys = await Promise.all(
      [one, two].map((dataDir) => readOrCreateEncryptionKey({ dataDir, mayCreate: true })),
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('is the same for everyone who asks at once', async () => {
    const dataDir = temporaryFolder();
    const asking: Promise<string>[] = [];
    // One after the other, so that some already read the file while others are still making theirs.
    for (let count = 0; count < 40; count++) {
      asking.push(readOrCreateEncryptionKey({ dataDir, mayCreate: true }));
      await immediate();
    }
    expect(new Set(await Promise.all(asking)).size).toBe(1);
    expect(readdirSync(dataDir)).toEqual([FILE]);
    // And where each has seen that there is none.
    const other = temporaryFolder();
    const all = Array.from({ length: 20 }, () => readOrCreateEncryptionKey({ dataDir: other, mayCreate: true }));
    expect(new Set(await Promise.all(all)).size).toBe(1);
    expect(readdirSync(other)).toEqual([FILE]);
  });

  it('is not made anew where something was stored with the one that is missing', async () => {
    const dataDir = temporaryFolder();
    const refused = readOrCreateEncryptionKey({ dataDir, mayCreate: false });
    await expect(refused).rejects.toMatchObject({
      name: 'StartupProblem',
      message: expect.stringContaining(`${join(dataDir, FILE)} is missing`),
    });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([0o644, 0o640, 0o604, 0o620])(
    'is refused with mode %o, which lets others at it, with the command that mends it',
    async (mode) => {
      const dataDir = temporaryFolder();
      const key = await readOrCreateEncryptionKey({ dataDir, mayCreate: true });
      chmodSync(join(dataDir, FILE), mode);
      const refused = await readOrCreateEncryptionKey({ dataDir, mayCreate: true }).catch((error: unknown) =>
        String(error),
      );
      expect(refused).toContain(`chmod 600 '${join(dataDir, FILE)}'`);
      expect(refused).not.toContain(key.slice(0, 8));
      chmodSync(join(dataDir, FILE), 0o600);
      expect(await readOrCreateEncryptionKey({ dataDir, mayCreate: true })).toBe(key);
    },
  );

  it.each(['', 'too short', 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='])(
    'is refused, kept and not shown where the file holds "%s"',
    async (text) => {
      const dataDir = temporaryFolder();
      writeFileSync(join(dataDir, FILE), text, { mode: 0o600 });
      const refused = await readOrCreateEncryptionKey({ dataDir, mayCreate: true }).catch((error: unknown) =>
        String(error),
      );
      expect(refused).toMatch(/^StartupProblem: .*encryption\.key is .*put it back from your backup/);
      if (text !== '') expect(refused).not.toContain(text);
      expect(readFileSync(join(dataDir, FILE), 'utf8')).toBe(text);
    },
  );

  it('is not made where its name is a link to a file that is not there: the key may be where that leads', async () => {
    const dataDir = temporaryFolder();
    symlinkSync(join(dataDir, 'elsewhere'), join(dataDir, FILE));
    await expect(readOrCreateEncryptionKey({ dataDir, mayCreate: true })).rejects.toMatchObject({
      name: 'StartupProblem',
      message: expect.stringMatching(/encryption\.key is a link to a file that is not there/),
    });
    expect(readdirSync(dataDir)).toEqual([FILE]);
  });

  it('is refused with the reason where it cannot be read', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, FILE), { mode: 0o700 });
    await expect(readOrCreateEncryptionKey({ dataDir, mayCreate: true })).rejects.toMatchObject({
      name: 'StartupProblem',
      message: expect.stringMatching(/encryption\.key cannot be read: .*EISDIR/),
      cause: expect.objectContaining({ code: 'EISDIR' }),
    });
  });

  describe('in a file of', () => {
    afterEach(() => void vi.restoreAllMocks());
    const SOMEBODY = 4242;

    /** A key in a file that does not belong to the user that this process seems to be. */
    async function ofAnother(owner: number) {
      const dataDir = temporaryFolder();
      const key = await readOrCreateEncryptionKey({ dataDir, mayCreate: true });
      // Only root can give files away; anybody else's stays theirs.
      if (process.getuid?.() === 0) chownSync(join(dataDir, FILE), owner, owner);
      vi.spyOn(process, 'getuid').mockReturnValue(SOMEBODY + 1);
      const read = readOrCreateEncryptionKey({ dataDir, mayCreate: true });
      return { key, read, owner: statSync(join(dataDir, FILE)).uid };
    }

    it('another user is refused: they know what is in it', async () => {
      const { read } = await ofAnother(SOMEBODY);
      await expect(read).rejects.toThrow(/encryption\.key belongs to another user.*chown \$\(id -u\)/);
    });

    it('root is read, as containers mount it', async () => {
      const { key, read, owner } = await ofAnother(0);
      if (owner === 0) await expect(read).resolves.toBe(key);
      else await expect(read).rejects.toThrow('belongs to another user');
    });

    it('Windows, which has neither such owners nor such bits, is read', async () => {
      const dataDir = temporaryFolder();
      const key = await readOrCreateEncryptionKey({ dataDir, mayCreate: true });
      chmodSync(join(dataDir, FILE), 0o666);
      const { getuid } = process;
      vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
      Object.assign(process, { getuid: undefined });
      try {
        expect(await readOrCreateEncryptionKey({ dataDir, mayCreate: true })).toBe(key);
      } finally {
        Object.assign(process, { getuid });
      }
    });
  });
});
