// The commands as an operator runs them, on the embedded default: in a process of their own, beside the service and alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

describe('byok audit', () => {
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  let service: RunningService;
  beforeAll(async () => {
    folder = await ownedDataFolder();
    service = await startService({ BYOK_DATA_DIR: folder.path });
  });
  afterAll(async () => {
    await service?.stop();
    folder?.remove();
  });
  const byok = (...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', 'audit', ...args], {
      folder: process.cwd(),
      env: { BYOK_DATA_DIR: folder.path, AUDIT_RETENTION_DAYS: '' },
    });
  const anchorLines = () => service.logs.filter((line) => line.includes('"msg":"audit anchor"'));

  it.each(['verify', 'prune', 'erase'])('%s explains itself with an example', async (command) => {
    const { status, output } = await byok(command, '--help');
    expect(status).toBe(0);
    expect(output).toContain(`$ byok audit ${command}`);
  });

  it('checks, erases and prunes the log of a running service, and finds what was changed or cut off', async () => {
    const client = await demoClient(service);
    const { id } = (await client.get('/auth/me')).body as { id: string };
    for (let count = 0; count < 3; count++) await client.delete(`${API}/keys/groq`);
    const sound = await byok('verify');
    expect(sound).toMatchObject({
      status: 0,
      output: expect.stringContaining('4 rows, and all are as they were written.'),
    });

    const erased = await byok('erase', '--user', id);
    expect(erased.output).toContain('4 rows name the person no more.');
    // The erasure's own row, so that who restores a backup finds that there was one.
    expect(erased.output).toMatch(/Anchor of the audit log: \{"seq":5,"head":"sha256:[0-9a-f]{64}"\}/);
    expect(erased.output).toContain('Note the id with your backups');
    await expect.poll(() => anchorLines().map((line) => JSON.parse(line).seq)).toEqual([5]);
    await expect.poll(async () => (await client.get(`${API}/audit`)).status).toBe(401);
    expect((await byok('verify')).status).toBe(0);
    expect(await byok('prune')).toMatchObject({ status: 1, errors: expect.stringContaining('AUDIT_RETENTION_DAYS') });
    expect((await byok('prune', '--days', '1')).output).toContain('0 rows from before');

    // The stop announces the last row: somebody else's, since the session of who was erased has ended.
    const other = await demoClient(service, 'professional');
    await other.delete(`${API}/keys/groq`);
    await service.stop();
    expect(anchorLines()).toHaveLength(2);
    const anchors = join(folder.path, 'service.log');
    writeFileSync(
      anchors,
      ['byok-1  | not JSON', '{"seq":1}', ...anchorLines().map((line) => `byok-1  | ${line}`)].join('\n'),
    );
    expect(await byok('verify', '--anchors', anchors)).toMatchObject({
      status: 0,
      output: expect.stringContaining('2 anchors fit.'),
    });

    service = await startService({ BYOK_DATA_DIR: folder.path });
    const { db } = service.core.database;
    await db.deleteFrom('audit_log').where('seq', '=', 7).execute();
    expect((await byok('verify')).status).toBe(0);
    expect(await byok('verify', '--anchors', anchors)).toMatchObject({
      status: 1,
      errors: expect.stringContaining('row 7 and those after it were cut off'),
    });
    await db.updateTable('audit_log').set({ action: 'key.test' }).where('seq', '=', 2).execute();
    expect(await byok('verify')).toMatchObject({ status: 1, errors: expect.stringContaining('row 2 was changed') });
    writeFileSync(anchors, '{"seq":1}\n');
    expect(await byok('verify', '--anchors', anchors)).toMatchObject({
      status: 1,
      errors: expect.stringContaining('There is no anchor in'),
    });
  });
});

describe('a log in which somebody has changed a row', () => {
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  let service: RunningService;
  beforeAll(async () => {
    folder = await ownedDataFolder();
    service = await startService({ BYOK_DATA_DIR: folder.path });
  });
  afterAll(async () => {
    await service?.stop();
    folder?.remove();
  });
  const byok = (...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', ...args], {
      folder: process.cwd(),
      env: { BYOK_DATA_DIR: folder.path, AUDIT_RETENTION_DAYS: '30' },
    });

  it('is neither erased from nor pruned, keys and sessions stay, and the commands say which row it is', async () => {
    const person = await demoClient(service);
    const { id } = (await person.get('/auth/me')).body as { id: string };
    await person.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdefghij' });
    const other = await demoClient(service, 'professional');
    await other.delete(`${API}/keys/groq`);
    const { db } = service.core.database;
    const rows = () => db.selectFrom('audit_log').selectAll().orderBy('seq').execute();
    await db.updateTable('audit_log').set({ subject: id }).where('seq', '=', 4).execute();
    const before = await rows();
    for (const command of [['erase-user'], ['audit', 'erase']]) {
      const { status, errors } = await byok(...command, '--user', id);
      expect([status, errors]).toEqual([1, expect.stringContaining('row 4 was changed')]);
      expect(errors).toContain('byok audit verify');
    }
    expect(await rows()).toEqual(before);
    expect((await person.get(`${API}/keys`)).body).toMatchObject([{ provider: 'openai' }]);

    await sql`update audit_log set at = 'epoch' where seq < 4`.execute(db);
    const pruned = await byok('audit', 'prune');
    expect([pruned.status, pruned.errors]).toEqual([1, expect.stringContaining('row 1 was changed')]);
    expect(await rows()).toHaveLength(before.length);
  });
});

describe('byok audit restored', () => {
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  let service: RunningService | undefined;
  beforeAll(async () => {
    folder = await ownedDataFolder();
  });
  afterAll(async () => {
    await service?.stop();
    folder?.remove();
  });
  const byok = (...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', 'audit', ...args], {
      folder: process.cwd(),
      env: { BYOK_DATA_DIR: folder.path },
    });

  it('records a restore: older anchors pass from then on, with the rows that were lost named each time', async () => {
    service = await startService({ BYOK_DATA_DIR: folder.path });
    const client = await demoClient(service);
    for (let count = 0; count < 5; count++) await client.delete(`${API}/keys/groq`);
    await service.stop();
    const before = join(folder.path, 'before.log');
    writeFileSync(before, service.logs.join('\n'));

    service = await startService({ BYOK_DATA_DIR: folder.path });
    await service.core.database.db.deleteFrom('audit_log').where('seq', '>', 3).execute();
    expect(await byok('verify', '--anchors', before)).toMatchObject({
      status: 1,
      errors: expect.stringContaining('row 4 and those after it were cut off'),
    });
    const lost = 'Rows after 3, up to 6, were lost (anchors of them: 1).';
    const dry = await byok('restored', '--anchors', before, '--dry-run');
    expect(dry).toMatchObject({ status: 0, output: expect.stringContaining(`${lost} Nothing was recorded.`) });
    expect(dry.output).toContain('The last row that these anchors know is 6;');
    expect(dry.output).toContain('erase everybody again who was erased since the backup');
    expect((await byok('verify', '--anchors', before)).status).toBe(1);
    expect((await byok('restored', '--anchors', before)).output).toContain(lost);
    const verified = await byok('verify', '--anchors', before);
    expect(verified).toMatchObject({
      status: 0,
      output: expect.stringMatching(/Row 4 .* records that the log was restored .* rows after 3, up to 6, were lost/),
    });
    expect(verified.output).toContain('Anchors of rows that were lost in a restore: 1.');
    expect((await byok('verify')).output).toContain('rows after 3, up to 6, were lost');
    expect((await byok('restored', '--anchors', before)).output).toContain('Every anchor fits');

    // Two sources that differ, and a flaw that no restore explains.
    const other = join(folder.path, 'other.log');
    writeFileSync(
      other,
      `{"seq":9,"head":"sha256:${'a'.repeat(64)}"}\n{"seq":9,"head":"sha256:${'b'.repeat(64)}"}\n{"seq":"9","head":"sha256:x"}`,
    );
    const conflict = await byok('verify', '--anchors', before, other);
    expect(conflict).toMatchObject({ status: 1, errors: expect.stringContaining('two anchors of row 9 differ') });
    expect(conflict.errors).toContain('1 lines look like anchors and cannot be read');
    await service.core.database.db.updateTable('audit_log').set({ action: 'key.test' }).where('seq', '=', 2).execute();
    expect(await byok('restored', '--anchors', other)).toMatchObject({
      status: 1,
      errors: expect.stringContaining('a flaw that no restore explains'),
    });
  });
});
