// A file that the service sends as long as it takes, saved by the browser.
import { ProblemError, readFailure } from '../api/problem.ts';

/** A file may take its time, as long as something comes. */
const STALL_MS = 30_000;

interface SaveOptions {
  readonly open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** Bytes so far. */
  readonly onProgress: (bytes: number) => void;
  /** The person's change of mind. */
  readonly cancelled: AbortSignal;
}

/** @returns false where it was cancelled. @throws ProblemError; nothing is saved then. */
export async function saveFile({ open, name, type, onProgress, cancelled }: SaveOptions): Promise<boolean> {
  const stalled = new AbortController();
  const stall = (): void => stalled.abort(new DOMException('nothing came', 'TimeoutError'));
  let timer = setTimeout(stall, STALL_MS);
  try {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    const stream = await open(AbortSignal.any([stalled.signal, cancelled]));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(stall, STALL_MS);
      chunks.push(part.value);
      bytes += part.value.byteLength;
      onProgress(bytes);
    }
    if (cancelled.aborted) return false;
    save(new Blob(chunks, { type }), name);
    return true;
  } catch (error) {
    if (cancelled.aborted) return false;
    throw error instanceof ProblemError ? error : new ProblemError(readFailure(error));
  } finally {
    clearTimeout(timer);
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), STALL_MS);
}
