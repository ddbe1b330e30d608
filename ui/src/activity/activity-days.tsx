// Rows of the activity, day by day.
import { useId } from 'preact/hooks';
import { localDay } from '../components/local-day.ts';
import { ProviderMark } from '../components/provider-mark.tsx';
import { Ago } from '../components/time.tsx';
import { badgeOf } from './activity-badge.ts';
import { type ActivityRow, type Reader, sentenceOf } from './activity-sentence.ts';

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium' });
const dayName = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

export function ActivityDays({ rows, reader }: { rows: readonly ActivityRow[]; reader: Reader }) {
  const days = Map.groupBy(rows, ({ at }) => localDay(new Date(at)));
  return [...days].map(([day, ofDay]) => <Day key={day} day={day} rows={ofDay} reader={reader} />);
}

function Day({ day, rows, reader }: { day: string; rows: readonly ActivityRow[]; reader: Reader }) {
  const id = useId();
  const first = rows[0];
  if (first === undefined) return null;
  return (
    <div class="day">
      <h2 id={id}>{nameOfDay(day, new Date(first.at))}</h2>
      <ul class="events" aria-labelledby={id}>
        {rows.map((row) => (
          <Event key={row.seq} row={row} reader={reader} />
        ))}
      </ul>
    </div>
  );
}

function nameOfDay(day: string, time: Date): string {
  const now = new Date();
  if (day === localDay(now)) return 'Today';
  if (day === localDay(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  return (time.getFullYear() === now.getFullYear() ? dayName : dayAndYear).format(time);
}

function Event({ row, reader }: { row: ActivityRow; reader: Reader }) {
  const badge = badgeOf(row);
  const isTrouble = row.outcome !== 'ok' && row.request_id !== null;
  return (
    <li class="event">
      {row.provider === null ? (
        <Mark action={row.action} />
      ) : (
        <ProviderMark id={row.provider} name={reader.providerName(row.provider)} />
      )}
      <div class="what">
        <p>{sentenceOf(row, reader)}</p>
        {(row.address !== null || isTrouble) && (
          <p class="where">
            {row.address !== null && <span>from {row.address}</span>}
            {isTrouble && <span>request {row.request_id}</span>}
          </p>
        )}
      </div>
      {badge !== undefined && (
        <span class="badge" data-tone={badge.tone}>
          {badge.word}
        </span>
      )}
      <p class="when">
        <span>{clock.format(new Date(row.at))}</span> <Ago at={row.at} />
      </p>
    </li>
  );
}

/** A door for sessions, an eye for what administrators look at, a gear for the rest. Decoration. */
function Mark({ action }: { action: string }) {
  const shape = action.startsWith('session.')
    ? 'M13 4h5v16h-5M4 12h10M10 8l4 4-4 4'
    : action.startsWith('admin.') || action.startsWith('audit.')
      ? 'M3 12s3.3-6 9-6 9 6 9 6-3.3 6-9 6-9-6-9-6zM12 14.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2z'
      : 'M4 8h9M17 8h3M4 16h3M11 16h9M15 5.8v4.4M9 13.8v4.4';
  return (
    <span class="mark-letter plain-mark" aria-hidden="true">
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={shape} />
      </svg>
    </span>
  );
}
