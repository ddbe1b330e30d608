// The beginning of the body of a provider's answer, unpacked where something on the way packed it unasked.
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Enough for every body that must be read whole; model lists may be longer and are read this far. */
const MAX_BODY_BYTES = 256 * 1024;

const UNPACKERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** Counts what is unpacked, so that no packed body is larger than another. What cannot be unpacked reads as empty. */
export async function readBeginning(body: Readable, encoding: string | undefined) {
  const unpacker = UNPACKERS.get((encoding ?? '').trim().toLowerCase())?.();
  if (unpacker === undefined) return await beginningOf(body);
  // Ends both streams whatever happens to one of them; the loop below sees the error.
  pipeline(body, unpacker, () => undefined);
  try {
    return await beginningOf(unpacker);
  } catch (error) {
    if (isOfPacking(error)) return { text: '', truncated: false };
    throw error;
  }
}

/** Codes of zlib and of Brotli; those of connections and time limits are others. */
const isOfPacking = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(?:Z_|ERR__ERROR_|ERR_BROTLI)/.test(String(error.code));

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<{ text: string; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the connection: the rest is not waited for.
    if (length >= MAX_BODY_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
  return { text, truncated: length >= MAX_BODY_BYTES };
}
