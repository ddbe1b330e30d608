// Cuts the bytes of a PostgreSQL client into batches that can be answered as a whole, and stops what would end the database.
// Format: https://www.postgresql.org/docs/18/protocol-message-formats.html

const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** What the first, untyped packets of a conversation ask for (their second word). */
const PROTOCOL_3 = 3;
const SSL_REQUEST = 80877103;
const GSS_ENCRYPTION_REQUEST = 80877104;

/** Query and Sync, after which a client waits for the answer. */
const BATCH_ENDS = new Set(['Q', 'S']);
/** Parse, Bind, Describe, Execute, Close, Flush. Any other would be fatal to PostgreSQL, which here is the service. */
const BATCH_PARTS = new Set(['P', 'B', 'D', 'E', 'C', 'H']);
const TERMINATE = 'X';

/** Messages that carry SQL. In it, this can only be COPY, which would wait for data that never comes. */
const WITH_SQL = new Set(['Q', 'P']);
const COPY_IN = /\bfrom\s+std(?:in|out)\b/i;

export interface Batch {
  readonly kind: 'startup' | 'encryption' | 'terminate' | 'messages';
  readonly bytes: Buffer;
}

/** @throws Error for what is not the protocol, is too large, or must not reach the database. */
export async function* readBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<Batch, void> {
  let bytes: Buffer = Buffer.alloc(0);
  let started = false;
  /** Where the message that is not yet looked at begins; complete messages of the batch lie before it. */
  let position = 0;
  for await (const chunk of chunks) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    if (bytes.length > MAX_BATCH_BYTES) throw new Error('the statement is too large');
    for (;;) {
      const end: number | undefined = messageEnd(bytes, position, started);
      if (end === undefined) break;
      const message: Buffer = bytes.subarray(position, end);
      const kind: Batch['kind'] | undefined = started ? messageKind(message) : startKind(message);
      position = end;
      if (kind === undefined) continue;
      yield { kind, bytes: bytes.subarray(0, end) };
      started ||= kind === 'startup';
      bytes = bytes.subarray(end);
      position = 0;
    }
  }
}

/** Where the message at `start` ends, or undefined while it is not complete. Its length counts itself, not its type. */
function messageEnd(bytes: Buffer, start: number, typed: boolean): number | undefined {
  const lengthAt = typed ? start + 1 : start;
  if (bytes.length < lengthAt + 4) return undefined;
  const length = bytes.readUInt32BE(lengthAt);
  const shortest = typed ? 4 : 8;
  if (length < shortest || length > MAX_BATCH_BYTES) throw new Error('this is not the PostgreSQL protocol');
  const end = lengthAt + length;
  return bytes.length < end ? undefined : end;
}

function startKind(packet: Buffer): Batch['kind'] {
  const code = packet.readUInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_ENCRYPTION_REQUEST) return 'encryption';
  if (code >>> 16 === PROTOCOL_3) return 'startup';
  // A request to cancel, which an embedded database cannot do, or another protocol.
  return 'terminate';
}

/** Undefined: the batch goes on. */
function messageKind(message: Buffer): Batch['kind'] | undefined {
  const type = String.fromCharCode(message[0] ?? 0);
  if (WITH_SQL.has(type) && COPY_IN.test(message.toString('latin1'))) throw new Error('COPY has no input here');
  if (type === TERMINATE) return 'terminate';
  if (BATCH_ENDS.has(type)) return 'messages';
  if (BATCH_PARTS.has(type)) return undefined;
  throw new Error('this is not the PostgreSQL protocol');
}
