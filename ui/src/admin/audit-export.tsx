// Copies of the audit log as files: every row that fits the filter.
import { useState } from 'preact/hooks';
import { resultOf } from '../api/client.ts';
import { ProblemError, readFailure } from '../api/problem.ts';
import { Spinner } from '../components/notice.tsx';
import { ProblemLine } from '../keys/problem-line.tsx';
import { useWrite } from '../keys/use-write.ts';
import { PREFIX, useStore } from '../store.ts';
import type { toApiQuery } from './audit-filter.ts';
import { AUDIT } from './audit-view.tsx';
import { size } from './numbers.ts';

type Format = 'csv' | 'ndjson';

/** A file may take as long as it takes, as long as something comes. */
const SILENCE_MS = 30_000;

interface AuditExportProps {
  filter: ReturnType<typeof toApiQuery>;
  isFiltered: boolean;
}

export function AuditExport({ filter, isFiltered }: AuditExportProps) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const [got, setGot] = useState(0);
  const [saved, setSaved] = useState<string>();

  const save = async (format: Format): Promise<void> => {
    const controller = new AbortController();
    setSaved(undefined);
    setGot(0);
    announce('Exporting the audit log');
    await write.run(async () => {
      const params = { query: { ...filter, format } };
      let silence = setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), SILENCE_MS);
      try {
        const { signal } = controller;
        const { data } = await resultOf<unknown>(
          api.GET(`${PREFIX}/admin/audit`, { params, signal, parseAs: 'stream' }),
        );
        const parts = await readAll(data as ReadableStream<Uint8Array<ArrayBuffer>>, (bytes) => {
          clearTimeout(silence);
          silence = setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), SILENCE_MS);
          setGot(bytes);
        });
        const name = `byok-audit-${new Date().toISOString().slice(0, 10)}.${format}`;
        const bytes = handOut(parts, name);
        setSaved(`${name} saved, ${size(bytes)}.`);
        announce(`${name} saved`);
      } finally {
        clearTimeout(silence);
      }
      session.changed(AUDIT);
    });
  };

  return (
    <div class="export">
      <div class="export-buttons">
        <span class="soft">Export {isFiltered ? 'what fits' : 'everything'}</span>
        <button type="button" class="button quiet small" disabled={write.busy} onClick={() => void save('csv')}>
          CSV
        </button>
        <button type="button" class="button quiet small" disabled={write.busy} onClick={() => void save('ndjson')}>
          NDJSON
        </button>
      </div>
      <div aria-live="polite">
        {write.busy ? (
          <p class="soft">
            {/* Not read out with every piece that comes. */}
            <Spinner /> Exporting … <span aria-hidden="true">{size(got)}</span>
          </p>
        ) : write.problem !== undefined ? (
          <ProblemLine problem={write.problem} before="No file was saved." />
        ) : (
          saved !== undefined && <p class="soft">{saved}</p>
        )}
      </div>
    </div>
  );
}

/** @throws ProblemError where it ends before its end: half a file would look like a whole one. */
async function readAll(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return parts;
      parts.push(value);
      bytes += value.length;
      onBytes(bytes);
    }
  } catch (error) {
    throw new ProblemError(readFailure(error));
  }
}

/** @returns its size in bytes. */
function handOut(parts: readonly Uint8Array<ArrayBuffer>[], name: string): number {
  const file = new Blob([...parts]);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return file.size;
}
