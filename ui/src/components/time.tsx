// Times as people say them, with the exact one at hand.
import { useEffect, useReducer } from 'preact/hooks';

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** `5 minutes ago`, `yesterday`, `just now`. */
export function ago(time: Date, now = new Date()): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  return unit === undefined ? 'just now' : words.format(Math.round(seconds / unit[1]), unit[0]);
}

export const exactly = (time: Date): string => exact.format(time);

const SOON_MS = 30_000;

/** @param at RFC 3339. */
export function Ago({ at }: { at: string }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => redraw(undefined), SOON_MS);
    return () => clearInterval(timer);
  }, []);
  const time = new Date(at);
  return (
    <time dateTime={at} title={exactly(time)}>
      {ago(time)}
    </time>
  );
}
