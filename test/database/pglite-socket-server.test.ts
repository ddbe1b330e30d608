import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startPgliteSocketServer } from '../../src/database/pglite-socket-server.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';

const SOCKET = '.s.PGSQL.5432';

describe('the socket of the embedded database', () => {
  let pglite: PGlite;
  let folder: string;
  let remove: () => void;

  beforeAll(async () => {
    const owned = await ownedDataFolder();
    remove = owned.remove;
    pglite = await PGlite.create(join(owned.path, 'pgdata'));
  }, 120_000);
  afterAll(async () => {
    await pglite?.close();
    remove?.();
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    await pglite.exec('drop table if exists notes; create table notes (text text)');
  });

  const serve = async (transactionMs?: number) => {
    const limit = transactionMs === undefined ? {} : { transactionMs };
    const server = await startPgliteSocketServer({ pglite, folder, ...limit });
    onTestFinished(() => server.close());
    return server;
  };
  const client = async (): Promise<pg.Client> => {
    const connected = new pg.Client({ host: folder, port: 5432, user: 'postgres', database: 'postgres', ssl: false });
    connected.on('error', () => undefined);
    await connected.connect();
    onTestFinished(() => connected.end());
    return connected;
  };
  const notes = async (): Promise<unknown[]> =>
    (await pglite.query<{ text: string }>('select text from notes')).rows.map((row) => row.text);
  /** Sends bytes as they are. @returns what came back until the server hung up. */
  const sendRaw = async (bytes: Buffer): Promise<Buffer> => {
    const socket = connect(join(folder, SOCKET));
    const answer: Buffer[] = [];
    socket.on('data', (chunk) => answer.push(chunk));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(answer);
  };

  it('is for its owner only, from the moment it exists', async () => {
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const starting = startPgliteSocketServer({ pglite, folder });
    const mode = statSync(join(folder, SOCKET)).mode & 0o777;
    const server = await starting;
    onTestFinished(() => server.close());
    expect(mode.toString(8)).toBe('600');
    expect(process.umask()).toBe(0);
  });

  it('replaces what a killed process left there', async () => {
    writeFileSync(join(folder, SOCKET), 'stale');
    await serve();
    const { rows } = await (await client()).query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('keeps the service out of the transaction of a command, and lets it in afterwards', async () => {
    await serve();
    const command = await client();
    await command.query('begin');
    await command.query(`insert into notes values ('from the command')`);
    const order: string[] = [];
    const service = pglite.query(`insert into notes values ('from the service')`).then(() => order.push('service'));
    await command.query('select 1');
    order.push('command');
    await command.query('rollback');
    await service;
    expect(order).toEqual(['command', 'service']);
    expect(await notes()).toEqual(['from the service']);
  });

  it('keeps two commands apart', async () => {
    await serve();
    const [one, two] = [await client(), await client()];
    await one.query('begin');
    await one.query(`insert into notes values ('one')`);
    const other = two.query(`insert into notes values ('two')`);
    await one.query('rollback');
    await other;
    expect(await notes()).toEqual(['two']);
  });

  it('rolls back what a command leaves unfinished when it goes away', async () => {
    await serve();
    const command = await client();
    await command.query('begin');
    await command.query(`insert into notes values ('lost')`);
    await command.end();
    expect(await notes()).toEqual([]);
    expect(pglite.isInTransaction()).toBe(false);
  });

  it('cuts a command off that keeps the database to itself for too long', async () => {
    await serve(100);
    const command = await client();
    const gone = new Promise((resolve) => command.once('end', resolve));
    await command.query(`begin; insert into notes values ('lost')`);
    expect(await notes()).toEqual([]);
    await gone;
    await expect(command.query('commit')).rejects.toThrow();
  });

  it('hangs up on what would end the database, and serves the next', async () => {
    await serve();
    for (const statement of ['copy notes from stdin', 'COPY notes FROM\n STDIN', 'copy notes from stdout']) {
      await expect((await client()).query(statement), statement).rejects.toThrow(/terminated/);
      await expect((await client()).query(`${statement} `, []), statement).rejects.toThrow(/terminated/);
    }
    const literally = await (await client()).query('select $1 as text', ['copy notes from stdin']);
    expect(literally.rows).toEqual([{ text: 'copy notes from stdin' }]);
  });

  it('hangs up on what is not the protocol, and serves the next', async () => {
    await serve();
    const startup = Buffer.concat([word(41), word(3 << 16), Buffer.from('user\0postgres\0database\0postgres\0\0')]);
    const unknownMessage = Buffer.concat([startup, Buffer.from('z'), word(4)]);
    const copyData = Buffer.concat([startup, Buffer.from('d'), word(4)]);
    const tooLong = Buffer.concat([startup, Buffer.from('Q'), word(0x7fffffff)]);
    const cancel = Buffer.concat([word(16), word(80877102), word(1), word(1)]);
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), unknownMessage, copyData, tooLong, cancel, word(0)])
      await sendRaw(bytes.length < 8 ? Buffer.concat([bytes, bytes]) : bytes);
    const { rows } = await (await client()).query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('declines encryption, which a socket of the same user does not need', async () => {
    await serve();
    const sslRequest = Buffer.concat([word(8), word(80877103)]);
    expect((await sendRaw(Buffer.concat([sslRequest, word(0), word(0)]))).toString()).toBe('N');
  });

  it('answers a request that arrives byte by byte', async () => {
    await serve();
    const socket = connect(join(folder, SOCKET));
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    const query = Buffer.from(`insert into notes values ('slow')\0`);
    const startup = Buffer.concat([word(41), word(3 << 16), Buffer.from('user\0postgres\0database\0postgres\0\0')]);
    for (const byte of Buffer.concat([startup, Buffer.from('Q'), word(query.length + 4), query])) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    await expect.poll(() => answer).toContain('INSERT 0 1');
    expect(await notes()).toEqual(['slow']);
  });

  it('closes while commands are connected, also in the middle of a transaction', async () => {
    const server = await serve();
    const command = await client();
    await command.query('begin');
    await server.close();
    await server.close();
    expect(pglite.isInTransaction()).toBe(false);
    await expect(client()).rejects.toThrow(/ENOENT/);
  });

  it('is refused where the path is too long for a socket', async () => {
    folder = join(folder, 'x'.repeat(100));
    await expect(serve()).rejects.toThrow(/longer than 103 bytes/);
  });
});

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
