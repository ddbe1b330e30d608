// Numbers and times as the administrators' pages write them.

const whole = new Intl.NumberFormat('en');
const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
// Days are counted in UTC.
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const daysOfYears = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

export const count = (value: number): string => whole.format(value);
export const percent = (share: number): string => percents.format(share);
/** `2 keys`, `1 key`. */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** `14:03`, with the day where it was another one. */
export function since(time: Date, now = new Date()): string {
  return time.toDateString() === now.toDateString() ? clock.format(time) : dayAndClock.format(time);
}

/** `22 Nov 2026, 14:03:21`. */
export const exactly = (time: Date): string => exact.format(time);

/** @param day `2026-11-22`. */
export const dayName = (day: string, withYear = false): string =>
  (withYear ? daysOfYears : days).format(new Date(`${day}T00:00Z`));

export const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
