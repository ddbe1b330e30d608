// Cuts the bytes of a PostgreSQL client into batches that can be answered as a whole.
// Format: https://www.postgresql.org/docs/17/protocol-message-formats.html

const MAX_BATCH_BYTES = 16 * 1024 * 1024;

const letter = (text: string): number => text.charCodeAt(0);
/** Messages after which a client waits for the answer: Query, Sync, FunctionCall. Terminate ends the conversation. */
const BATCH_ENDS: ReadonlySet<number> = new Set(['Q', 'S', 'F', 'X'].map(letter));

/** What the first, untyped packets of a conversation ask for (their second word). */
const PROTOCOL_3 = 3;
const SSL_REQUEST = 80877103;
const GSS_ENCRYPTION_REQUEST = 80877104;

export interface Batch {
  readonly kind: 'startup' | 'encryption' | 'terminate' | 'messages';
  readonly bytes: Buffer;
}

/** @throws Error for what is not the protocol, or too large. */
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
      const kind: Batch['kind'] | undefined = started
        ? typedKind(bytes[position])
        : startKind(bytes.readUInt32BE(position + 4));
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

function startKind(code: number): Batch['kind'] {
  if (code === SSL_REQUEST || code === GSS_ENCRYPTION_REQUEST) return 'encryption';
  if (code >>> 16 === PROTOCOL_3) return 'startup';
  // A request to cancel, which an embedded database cannot do, or another protocol.
  return 'terminate';
}

function typedKind(type: number | undefined): Batch['kind'] | undefined {
  if (type === undefined || !BATCH_ENDS.has(type)) return undefined;
  return type === letter('X') ? 'terminate' : 'messages';
}
