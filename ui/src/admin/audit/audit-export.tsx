// Copies of the audit log as files: every row that fits the filter.
import { useEffect, useRef, useState } from 'preact/hooks';
import { resultOf } from '../../api/client.ts';
import type { Problem } from '../../api/problem.ts';
import { localDay } from '../../components/local-day.ts';
import { Spinner } from '../../components/notice.tsx';
import { ProblemLine } from '../../components/problem-line.tsx';
import { saveFile } from '../../components/save-file.ts';
import { useWrite } from '../../components/use-write.ts';
import { PREFIX, useStore } from '../../store.ts';
import { size } from '../numbers.ts';
import type { toApiQuery } from './audit-filter.ts';
import { AUDIT } from './audit-log.ts';

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
type Format = keyof typeof TYPES;

interface AuditExportProps {
  filter: ReturnType<typeof toApiQuery>;
  isFiltered: boolean;
}

export function AuditExport({ filter, isFiltered }: AuditExportProps) {
  const { save, cancel, busy, got, problem, saved } = useAuditExport(filter);
  return (
    <div class="audit-export">
      <div class="audit-export-buttons">
        <span class="soft">Export {isFiltered ? 'what fits' : 'everything'}</span>
        {/* They keep the focus while they are busy. */}
        {(['csv', 'ndjson'] as const).map((format) => (
          <button
            key={format}
            type="button"
            class="button quiet small"
            aria-disabled={busy}
            onClick={() => void save(format)}
          >
            {format.toUpperCase()}
          </button>
        ))}
        {busy && (
          <button type="button" class="plain" onClick={cancel}>
            Cancel<span class="visually-hidden"> the export</span>
          </button>
        )}
      </div>
      <Outcome busy={busy} got={got} problem={problem} saved={saved} />
    </div>
  );
}

interface OutcomeProps {
  busy: boolean;
  /** Bytes so far. */
  got: number;
  problem: Problem | undefined;
  /** The file's name. */
  saved: string | undefined;
}

function Outcome({ busy, got, problem, saved }: OutcomeProps) {
  return (
    <div aria-live="polite">
      {busy ? (
        <p class="soft">
          {/* Not read out with every piece that comes. */}
          <Spinner /> Exporting … <span aria-hidden="true">{size(got)}</span>
        </p>
      ) : problem !== undefined ? (
        <ProblemLine problem={problem} before="No file was saved." />
      ) : (
        saved !== undefined && (
          <p class="soft">
            {saved} saved, {size(got)}.
          </p>
        )
      )}
    </div>
  );
}

function useAuditExport(filter: AuditExportProps['filter']) {
  const { api, session, announce } = useStore();
  const write = useWrite();
  const [got, setGot] = useState(0);
  const [saved, setSaved] = useState<string>();
  const cancel = useRef(new AbortController());
  useEffect(() => () => cancel.current.abort(), []);

  const save = async (format: Format): Promise<void> => {
    if (write.busy) return;
    cancel.current = new AbortController();
    setSaved(undefined);
    setGot(0);
    announce('Exporting the audit log');
    const name = `byok-audit-${localDay(new Date())}.${format}`;
    await write.run(async () => {
      const open = async (signal: AbortSignal) => {
        const params = { query: { ...filter, format } };
        const { data } = await resultOf<unknown>(
          api.GET(`${PREFIX}/admin/audit`, { params, signal, parseAs: 'stream' }),
        );
        return data as ReadableStream<Uint8Array<ArrayBuffer>>;
      };
      const { signal: cancelled } = cancel.current;
      if (!(await saveFile({ open, name, type: TYPES[format], onProgress: setGot, cancelled }))) return;
      setSaved(name);
      announce(`${name} saved`);
      session.changed(AUDIT);
    });
  };
  return { ...{ save, got, saved }, busy: write.busy, problem: write.problem, cancel: () => cancel.current.abort() };
}
