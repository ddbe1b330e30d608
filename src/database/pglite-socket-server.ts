// Lets commands of the same user reach the database of the running service, over a Unix socket.
// It speaks PostgreSQL's own protocol, so that a command uses the same client as on a PostgreSQL server.
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { type Batch, readBatches } from './pglite-wire-batches.ts';

/** The part of PGlite that the server needs. `_runExclusiveTransaction` keeps everybody else out, the service included. */
type Pglite = Pick<PGlite, '_runExclusiveTransaction' | 'runExclusive' | 'execProtocolRawStream' | 'isInTransaction'>;

interface SocketServerOptions {
  readonly pglite: Pglite;
  /** Where the socket is made. The caller holds it: a socket that a killed process left there is replaced. */
  readonly folder: string;
  /** Longest time that a command may keep the database to itself; then its transaction is rolled back and it is cut off. */
  readonly transactionMs?: number;
}

/** PostgreSQL's clients look for a socket of this name when they are given the folder as the host. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
/** What fits into an address of a Unix socket on macOS; Linux takes four bytes more. */
const MAX_PATH_BYTES = 103;

const NO_ENCRYPTION = Buffer.from('N');
const ROLLBACK = Buffer.from('Q\0\0\0\rROLLBACK\0', 'latin1');

/** @throws Error where the folder cannot have a socket. */
export async function startPgliteSocketServer(options: SocketServerOptions): Promise<{ close(): Promise<void> }> {
  const { pglite, folder, transactionMs = 15_000 } = options;
  const path = join(folder, SOCKET_NAME);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(
      `the path of the socket ${path} is longer than ${MAX_PATH_BYTES} bytes: use a shorter BYOK_DATA_DIR`,
    );
  const clients = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const served = serve(socket, pglite, transactionMs)
      // The client went away, or did not speak the protocol: its transaction is rolled back, nobody else is touched.
      .catch(() => undefined)
      .finally(() => {
        socket.destroy();
        clients.delete(socket);
      });
    clients.set(socket, served);
  });
  rmSync(path, { force: true });
  // The socket is made during this call, so there is no moment at which others could open it.
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
  return {
    async close() {
      server.close();
      for (const socket of clients.keys()) socket.destroy();
      await Promise.all(clients.values());
    },
  };
}

async function serve(socket: Socket, pglite: Pglite, transactionMs: number): Promise<void> {
  const batches = readBatches(socket);
  for await (const batch of batches) {
    if (batch.kind === 'terminate' || socket.destroyed) return;
    if (batch.kind === 'encryption') await send(socket, NO_ENCRYPTION);
    else await pglite._runExclusiveTransaction(() => converse(batch, batches, socket, pglite, transactionMs));
  }
}

/** Answers a batch and, where it began a transaction, all that follow to its end. */
async function converse(
  first: Batch,
  batches: AsyncGenerator<Batch, void>,
  socket: Socket,
  pglite: Pglite,
  transactionMs: number,
): Promise<void> {
  const tooLong = setTimeout(() => socket.destroy(), transactionMs);
  try {
    for (let batch: Batch | undefined = first; batch !== undefined && batch.kind !== 'terminate'; ) {
      await send(socket, await execute(pglite, batch.bytes));
      if (!pglite.isInTransaction()) return;
      batch = (await batches.next()).value ?? undefined;
    }
  } finally {
    clearTimeout(tooLong);
    if (pglite.isInTransaction()) await execute(pglite, ROLLBACK);
  }
}

async function execute(pglite: Pglite, bytes: Buffer): Promise<Buffer> {
  const answer: Buffer[] = [];
  // What is handed over is a view into the memory of the database, so it is copied at once.
  await pglite.runExclusive(() =>
    pglite.execProtocolRawStream(bytes, { onRawData: (data) => answer.push(Buffer.from(data)) }),
  );
  return Buffer.concat(answer);
}

/** Resolves when the bytes have left, or when the client has. */
const send = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
