// Everything that fits the filters, as a file for a spreadsheet.
import { useEffect, useRef, useState } from 'preact/hooks';
import { resultOf } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import { localDay } from '../components/local-day.ts';
import { saveFile } from '../components/save-file.ts';
import { useWrite, type Write } from '../components/use-write.ts';
import { PREFIX, useStore } from '../store.ts';
import type { ActivityQuery } from './activity-list.ts';

export interface Export {
  readonly busy: boolean;
  /** So far. */
  readonly bytes: number;
  readonly problem: Problem | undefined;
  /** The file that was saved last. */
  readonly saved: string | undefined;
  start(query: ActivityQuery): Promise<void>;
  cancel(): void;
}

export function useExport(): Export {
  const { api, announce } = useStore();
  const write: Write = useWrite();
  const [bytes, setBytes] = useState(0);
  const [saved, setSaved] = useState<string>();
  const cancel = useRef(new AbortController());
  useEffect(() => () => cancel.current.abort(), []);
  const start = async (query: ActivityQuery): Promise<void> => {
    const name = `byok-activity-${localDay(new Date())}.csv`;
    cancel.current = new AbortController();
    setBytes(0);
    setSaved(undefined);
    await write.run(async () => {
      const open = async (signal: AbortSignal) => {
        const params = { query: { ...query, format: 'csv' as const } };
        const { data } = await resultOf(api.GET(`${PREFIX}/audit`, { params, parseAs: 'stream', signal }));
        return data as ReadableStream<Uint8Array<ArrayBuffer>>;
      };
      const done = await saveFile({
        open,
        name,
        type: 'text/csv',
        onProgress: setBytes,
        cancelled: cancel.current.signal,
      });
      if (!done) return;
      setSaved(name);
      announce(`${name} is saved`);
    });
  };
  return { ...write, bytes, saved, start, cancel: () => cancel.current.abort() };
}

export function ExportButton({ file, query }: { file: Export; query: ActivityQuery }) {
  return (
    <div class="export">
      {file.busy && (
        <button type="button" class="plain" onClick={file.cancel}>
          Cancel<span class="visually-hidden"> the export</span>
        </button>
      )}
      {/* It keeps the focus while it is busy. */}
      <button
        type="button"
        class="button quiet"
        aria-disabled={file.busy}
        onClick={() => {
          if (!file.busy) void file.start(query);
        }}
      >
        {file.busy ? `Exporting … ${size(file.bytes)}` : 'Export as CSV'}
      </button>
    </div>
  );
}

const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
